namespace EdgeProxy.Dns.Wire;

/// <summary>Record and question types in use (IANA DNS parameters). Any other number is a valid value too.</summary>
public enum RecordType : ushort
{
    /// <summary>Reserved (RFC 6895); nobody has records of it.</summary>
    None = 0,

    /// <summary>IPv4 address (RFC 1035).</summary>
    A = 1,

    /// <summary>Canonical name.</summary>
    CNAME = 5,

    /// <summary>Start of authority; in negative answers.</summary>
    SOA = 6,

    /// <summary>Name of an address.</summary>
    PTR = 12,

    /// <summary>Host information; all that an ANY question gets (RFC 8482).</summary>
    HINFO = 13,

    /// <summary>Text.</summary>
    TXT = 16,

    /// <summary>IPv6 address (RFC 3596).</summary>
    AAAA = 28,

    /// <summary>Where a service is (RFC 2782).</summary>
    SRV = 33,

    /// <summary>EDNS(0) pseudo-record (RFC 6891).</summary>
    OPT = 41,

    /// <summary>Incremental zone transfer; a question only.</summary>
    IXFR = 251,

    /// <summary>Zone transfer; a question only.</summary>
    AXFR = 252,

    /// <summary>Any type; a question only.</summary>
    ANY = 255,
}
