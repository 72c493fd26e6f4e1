namespace EdgeProxy.Transport.Interop;

/// <summary>One netlink message to the kernel, netlink(7): header, the fixed part of its type, then attributes. Numbers are in host order.</summary>
internal sealed class NetlinkRequest
{
    /// <summary>struct nlmsghdr, linux/netlink.h.</summary>
    public const int HeaderLength = 16;

    private const int AttributeHeaderLength = 4;

    // linux/netlink.h
    private const ushort NLM_F_REQUEST = 0x1;

    // The longest request here makes an interface; it has less than a hundred bytes.
    private readonly byte[] _bytes = new byte[256];
    private int _length;

    /// <param name="type">RTM_…</param>
    /// <param name="flags">NLM_F_… besides NLM_F_REQUEST.</param>
    /// <param name="body">The fixed part: ifinfomsg, ifaddrmsg or rtmsg.</param>
    public NetlinkRequest(ushort type, ushort flags, ReadOnlySpan<byte> body)
    {
        BitConverter.TryWriteBytes(_bytes.AsSpan(4), type);
        BitConverter.TryWriteBytes(_bytes.AsSpan(6), (ushort)(flags | NLM_F_REQUEST));
        body.CopyTo(_bytes.AsSpan(HeaderLength));
        _length = HeaderLength + body.Length;
    }

    /// <summary>Appends an attribute.</summary>
    public NetlinkRequest With(ushort attribute, ReadOnlySpan<byte> value)
    {
        BitConverter.TryWriteBytes(_bytes.AsSpan(_length), (ushort)(AttributeHeaderLength + value.Length));
        BitConverter.TryWriteBytes(_bytes.AsSpan(_length + 2), attribute);
        value.CopyTo(_bytes.AsSpan(_length + AttributeHeaderLength));
        _length += NetlinkReply.Align(AttributeHeaderLength + value.Length);
        return this;
    }

    /// <summary>The message as it is sent.</summary>
    public ReadOnlySpan<byte> Finish(uint sequence)
    {
        BitConverter.TryWriteBytes(_bytes, (uint)_length);
        BitConverter.TryWriteBytes(_bytes.AsSpan(8), sequence);
        return _bytes.AsSpan(0, _length);
    }
}
