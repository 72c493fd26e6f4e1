namespace EdgeProxy.Dns.Wire;

/// <summary>How a question ended (RFC 1035 §4.1.1, RFC 6891 §9).</summary>
public enum ResponseCode
{
    /// <summary>NOERROR; without answers: the name exists, the type does not (NODATA).</summary>
    NoError = 0,

    /// <summary>FORMERR: the query cannot be read.</summary>
    FormatError = 1,

    /// <summary>SERVFAIL: no answer now; ask again, or somebody else.</summary>
    ServerFailure = 2,

    /// <summary>NXDOMAIN: neither the name nor anything below it exists.</summary>
    NameError = 3,

    /// <summary>NOTIMP: not a query.</summary>
    NotImplemented = 4,

    /// <summary>REFUSED: not for us to answer.</summary>
    Refused = 5,

    /// <summary>NOTAUTH: a transfer was asked of a zone that is not ours (RFC 5936 §2.2.1).</summary>
    NotAuthoritative = 9,

    /// <summary>BADVERS: a version of EDNS that is not ours.</summary>
    BadVersion = 16,
}
