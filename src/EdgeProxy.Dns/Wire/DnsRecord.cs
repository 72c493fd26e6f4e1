using System.Globalization;
using EdgeProxy.Model;

namespace EdgeProxy.Dns.Wire;

/// <summary>One resource record of class IN.</summary>
/// <param name="Name">Whose record it is, as text.</param>
/// <param name="Type">Its type.</param>
/// <param name="Ttl">How long it may be kept, in seconds.</param>
internal abstract record DnsRecord(string Name, RecordType Type, uint Ttl);

/// <summary>A or AAAA, by the family of the address.</summary>
internal sealed record AddressRecord(string Name, uint Ttl, IpAddr Address)
    : DnsRecord(Name, Address.IsIPv6 ? RecordType.AAAA : RecordType.A, Ttl);

/// <summary>CNAME or PTR: a name that leads to another.</summary>
internal sealed record NameRecord(string Name, RecordType Type, uint Ttl, string Target) : DnsRecord(Name, Type, Ttl);

/// <summary>SRV (RFC 2782).</summary>
internal sealed record ServiceRecord(string Name, uint Ttl, ushort Priority, ushort Weight, ushort Port, string Target)
    : DnsRecord(Name, RecordType.SRV, Ttl);

/// <summary>TXT with one string of at most 255 characters of ASCII.</summary>
internal sealed record TextRecord(string Name, uint Ttl, string Text) : DnsRecord(Name, RecordType.TXT, Ttl);

/// <summary>SOA (RFC 1035 §3.3.13), with the times CoreDNS gives; how long a negative answer may be kept is the TTL (RFC 2308 §5).</summary>
internal sealed record AuthorityRecord(string Name, uint Ttl, string Server, string Mailbox, uint Serial) : DnsRecord(Name, RecordType.SOA, Ttl)
{
    /// <summary>REFRESH, RETRY and EXPIRE in seconds; they matter to secondary servers only, of which there are none.</summary>
    public static ReadOnlySpan<uint> Times => [7200, 1800, 86_400];
}

/// <summary>A record of a type of which nothing but the bytes is known (RFC 3597).</summary>
internal sealed record OpaqueRecord(string Name, RecordType Type, uint Ttl, ReadOnlyMemory<byte> Data) : DnsRecord(Name, Type, Ttl)
{
    /// <inheritdoc />
    public bool Equals(OpaqueRecord? other) => base.Equals(other) && Data.Span.SequenceEqual(other!.Data.Span);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Data.Length);

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} {Type} {Ttl} {Convert.ToHexStringLower(Data.Span)}");
}
