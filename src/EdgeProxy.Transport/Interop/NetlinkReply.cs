namespace EdgeProxy.Transport.Interop;

/// <summary>One message from the kernel. Borrows the buffer it was received in.</summary>
internal readonly ref struct NetlinkReply
{
    // Bits 14 and 15 of an attribute's type say how it is encoded (NLA_TYPE_MASK, linux/netlink.h).
    private const ushort AttributeTypeMask = 0x3FFF;

    private NetlinkReply(ushort type, uint sequence, ReadOnlySpan<byte> body)
    {
        Type = type;
        Sequence = sequence;
        Body = body;
    }

    /// <summary>RTM_… or NLMSG_…</summary>
    public ushort Type { get; }

    /// <summary>That of the request.</summary>
    public uint Sequence { get; }

    /// <summary>The fixed part and the attributes.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Takes the first message from what was received.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> received, out NetlinkReply reply)
    {
        reply = default;
        var length = received.Length < NetlinkRequest.HeaderLength ? 0 : BitConverter.ToInt32(received);
        if (length < NetlinkRequest.HeaderLength || length > received.Length)
        {
            return false;
        }

        reply = new NetlinkReply(
            BitConverter.ToUInt16(received[4..]), BitConverter.ToUInt32(received[8..]), received[NetlinkRequest.HeaderLength..length]);
        received = received[Math.Min(Align(length), received.Length)..];
        return true;
    }

    /// <summary>The value of an attribute after a fixed part of <paramref name="fixedLength"/> bytes; empty when it is not there.</summary>
    public ReadOnlySpan<byte> Find(int fixedLength, ushort attribute) => FindIn(Body[fixedLength..], attribute);

    /// <summary>The value of an attribute nested in another one; empty when it is not there.</summary>
    public static ReadOnlySpan<byte> FindIn(ReadOnlySpan<byte> attributes, ushort attribute)
    {
        while (attributes.Length >= 4 && BitConverter.ToUInt16(attributes) is >= 4 and var length && length <= attributes.Length)
        {
            if ((BitConverter.ToUInt16(attributes[2..]) & AttributeTypeMask) == attribute)
            {
                return attributes[4..length];
            }

            attributes = attributes[Math.Min(Align(length), attributes.Length)..];
        }

        return [];
    }

    /// <summary>NLMSG_ALIGN: everything begins at a multiple of four.</summary>
    public static int Align(int length) => (length + 3) & ~3;
}
