using System.Net;
using EdgeProxy.Compare.Lab;

namespace EdgeProxy.Compare.Candidates;

/// <summary>What is to be served.</summary>
internal enum DutyKind
{
    /// <summary>TCP, as it comes.</summary>
    Tcp,

    /// <summary>TCP with much data: tuned forms of the peers take part too.</summary>
    BulkTcp,

    /// <summary>Datagrams of clients that stay.</summary>
    Udp,

    /// <summary>One datagram and its answer a client.</summary>
    OneShotUdp,

    /// <summary>Plain HTTP/1.1.</summary>
    Http,

    /// <summary>TLS with HTTP/1.1 and HTTP/2, HTTP/1.1 to the backend.</summary>
    Https,

    /// <summary>Many Services with one TCP port each.</summary>
    ManyServices,
}

/// <summary>One job for a candidate.</summary>
/// <param name="Kind">What is to be served.</param>
/// <param name="BackendPort">Port of the backend.</param>
internal sealed record Duty(DutyKind Kind, int BackendPort)
{
    /// <summary>Connections at a time a peer must be configured for.</summary>
    public int Connections { get; init; } = 4096;

    /// <summary>Host names of HTTP and HTTPS, all with the same backend; 0 routes whatever the name.</summary>
    public int Hosts { get; init; }

    /// <summary>Number of Services for <see cref="DutyKind.ManyServices"/>.</summary>
    public int Services { get; init; }

    public bool IsTcp => Kind is DutyKind.Tcp or DutyKind.BulkTcp;

    public bool IsUdp => Kind is DutyKind.Udp or DutyKind.OneShotUdp;

    public bool IsHttp => Kind is DutyKind.Http or DutyKind.Https;
}

/// <summary>Where a candidate does its job: its own listening port, its own backend address, its own folder.</summary>
internal sealed record Site(int Index, string Folder, IPEndPoint Listen, IPEndPoint Backend, TestCertificate Certificate)
{
    /// <summary>First port of <see cref="DutyKind.ManyServices"/> where all of them are on one address.</summary>
    public const int FirstServicePort = 10_000;

    /// <summary>Writes a file into the folder and returns its path.</summary>
    public string Write(string name, string text)
    {
        var file = Path.Combine(Folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
