namespace EdgeProxy.Transport.ProxyProtocol;

/// <summary>What the first bytes of a connection are, read as a PROXY protocol header. Pure: give it all bytes so far, as often as more come.</summary>
/// <remarks>
/// <para>Every rule is that of proxy-protocol.txt (HAProxy), sections 2.1 and 2.2. Once an answer is not <see cref="ProxyHeaderStatus.NeedMore"/>,
/// more bytes do not change it; those behind <see cref="Length"/> are not looked at.</para>
/// <para>Whether a header is to be expected must come from configuration, never from looking whether there is one (section 5): else anybody
/// could claim any address.</para>
/// </remarks>
public readonly record struct ProxyHeader
{
    /// <summary>Bytes of the longest header that is accepted: version 2 with 4,096 bytes of addresses and TLVs.</summary>
    public const int MaxLength = ProxyHeaderV2.FixedLength + ProxyHeaderV2.MaxVariableLength;

    /// <summary>How far reading got.</summary>
    public ProxyHeaderStatus Status { get; private init; }

    /// <summary>Bytes the header takes; what follows belongs to the client. 0 unless parsed.</summary>
    public int Length { get; private init; }

    /// <summary>Whose connection it is; null when the real connection's addresses hold: LOCAL, UNKNOWN, AF_UNSPEC, AF_UNIX or not TCP.</summary>
    public AnnouncedAddresses? Addresses { get; private init; }

    /// <summary>Why it is no header; null unless invalid.</summary>
    public string? Reason { get; private init; }

    internal static ProxyHeader NeedMore => default;

    /// <summary>Reads a header of either version from the start of a connection's bytes.</summary>
    public static ProxyHeader Parse(ReadOnlySpan<byte> bytes)
    {
        // The first byte tells them apart.
        if (StartsLike(bytes, ProxyHeaderV1.Signature))
        {
            return ProxyHeaderV1.Parse(bytes);
        }

        return StartsLike(bytes, ProxyHeaderV2.Signature) ? ProxyHeaderV2.Parse(bytes) : Invalid("there is no PROXY header");
    }

    /// <summary>An answer for bytes that are no header, or for a connection that ended within it.</summary>
    internal static ProxyHeader Invalid(string reason) => new() { Status = ProxyHeaderStatus.Invalid, Reason = reason };

    internal static ProxyHeader Parsed(int length, AnnouncedAddresses? addresses) =>
        new() { Status = ProxyHeaderStatus.Parsed, Length = length, Addresses = addresses };

    private static bool StartsLike(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        var known = Math.Min(bytes.Length, signature.Length);
        return bytes[..known].SequenceEqual(signature[..known]);
    }
}

/// <summary>How far a <see cref="ProxyHeader"/> was read.</summary>
public enum ProxyHeaderStatus
{
    /// <summary>All bytes so far may begin a header; its end is still to come.</summary>
    NeedMore,

    /// <summary>A complete header.</summary>
    Parsed,

    /// <summary>No header, and more bytes will not make one: the connection is to be aborted.</summary>
    Invalid,
}

/// <summary>The connection a header speaks of: who opened it, and to which address.</summary>
public sealed record AnnouncedAddresses(IpEndpoint Source, IpEndpoint Destination);
