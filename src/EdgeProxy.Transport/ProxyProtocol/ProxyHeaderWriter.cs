namespace EdgeProxy.Transport.ProxyProtocol;

/// <summary>Writes PROXY protocol headers, for a connection made on behalf of another one.</summary>
public static class ProxyHeaderWriter
{
    /// <summary>Bytes of the longest header written, of either version.</summary>
    public const int MaxLength = ProxyHeaderV1.MaxLength;

    /// <summary>Writes the line of version 1.</summary>
    /// <param name="buffer">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="source">Who opened the connection.</param>
    /// <param name="destination">The address it was opened to. When only one of the two is IPv4 it is written IPv4-mapped.</param>
    /// <returns>The number of bytes written.</returns>
    public static int WriteV1(Span<byte> buffer, IpEndpoint source, IpEndpoint destination) => ProxyHeaderV1.Write(buffer, source, destination);

    /// <summary>Writes the binary header of version 2, with command PROXY and without TLVs.</summary>
    /// <inheritdoc cref="WriteV1"/>
    public static int WriteV2(Span<byte> buffer, IpEndpoint source, IpEndpoint destination) => ProxyHeaderV2.Write(buffer, source, destination);
}
