using System.Collections.Immutable;

namespace EdgeProxy.Admin.Documents;

/// <summary><c>/api/v1/status</c>: what is live, in numbers.</summary>
/// <param name="Version">Of the program.</param>
/// <param name="Node">Name of the node it runs as.</param>
/// <param name="StartedAt">When the process started.</param>
/// <param name="UptimeSeconds">How long ago that was, on a clock that nobody sets.</param>
/// <param name="Ready">What <c>/readyz</c> says.</param>
/// <param name="Reason">Why it is not ready; null when it is.</param>
/// <param name="Trouble">What the source waits for or goes without; it keeps nobody from being ready. Null: nothing.</param>
/// <param name="Source">Where the objects come from.</param>
/// <param name="Snapshot">What is served.</param>
/// <param name="Propagation">How long changes take to be live; null when that is not measured (manifests).</param>
/// <param name="Services">Services and where they are reachable.</param>
/// <param name="Endpoints">Their endpoints.</param>
/// <param name="Routes">HTTP routes.</param>
/// <param name="Certificates">Certificates from Secrets.</param>
/// <param name="Leader">Who writes to the cluster; null when nobody does (manifests).</param>
/// <param name="Connections">What the event loops carry.</param>
/// <param name="Problems">What is wrong with objects.</param>
/// <param name="Http">What is served at L7.</param>
internal sealed record StatusDocument(
    string Version,
    string Node,
    DateTimeOffset StartedAt,
    double UptimeSeconds,
    bool Ready,
    string? Reason,
    string? Trouble,
    SourceDocument? Source,
    SnapshotDocument Snapshot,
    PropagationDocument? Propagation,
    ServiceCounts Services,
    EndpointCounts Endpoints,
    RouteCounts Routes,
    CertificateCounts Certificates,
    LeaderDocument? Leader,
    ConnectionCounts Connections,
    ProblemCounts Problems,
    HttpCounts? Http = null);

/// <summary>Where the objects come from.</summary>
/// <param name="Kind"><c>cluster</c> or <c>manifests</c>.</param>
/// <param name="Paths">The manifests.</param>
internal sealed record SourceDocument(string Kind, ImmutableArray<string> Paths)
{
    /// <summary>Of the API server.</summary>
    public string? Server { get; init; }

    /// <summary>False while it does not answer; null for manifests.</summary>
    public bool? Reachable { get; init; }

    /// <summary>Since when it does not.</summary>
    public DateTimeOffset? UnreachableSince { get; init; }

    /// <summary>Why not.</summary>
    public string? Why { get; init; }

    /// <summary>What has not been listed yet.</summary>
    public ImmutableArray<string> WaitingFor { get; init; } = [];

    /// <summary>What may not be read, and is gone without.</summary>
    public ImmutableArray<string> Denied { get; init; } = [];

    /// <summary>When the last-good state that is served in its place was saved; null when the server's objects are served.</summary>
    public DateTimeOffset? LastGoodOf { get; init; }
}

/// <summary>The live snapshot.</summary>
/// <param name="Generation">Its number; 0: none yet.</param>
/// <param name="PublishedAt">Since when it is live; null: none yet.</param>
/// <param name="AgeSeconds">How long that is.</param>
internal sealed record SnapshotDocument(long Generation, DateTimeOffset? PublishedAt, double? AgeSeconds);

/// <summary>Delays from the arrival of an event to the snapshot that has it, since the start; quantiles are estimated from a histogram.</summary>
internal sealed record PropagationDocument(long Events, double P50Milliseconds, double P99Milliseconds, double MaxMilliseconds);

/// <summary>Services and their frontends, which are addresses with port and protocol.</summary>
/// <param name="Total">Services.</param>
/// <param name="Ports">Their ports.</param>
/// <param name="Frontends">Where they are to be reachable.</param>
/// <param name="Listening">Frontends that are listened on.</param>
/// <param name="Closed">Frontends without an endpoint that could serve; clients are refused.</param>
/// <param name="Failed">Frontends that cannot be listened on.</param>
/// <param name="Taken">Frontends that an older Service has.</param>
internal sealed record ServiceCounts(int Total, int Ports, int Frontends, int Listening, int Closed, int Failed, int Taken);

/// <summary>Endpoints of all Service ports. Each is in one of the first three; the others say who of them is passed over.</summary>
/// <param name="Total">All.</param>
/// <param name="Ready">May take new connections.</param>
/// <param name="Terminating">Going, but able to serve until then.</param>
/// <param name="NotReady">Cannot serve.</param>
/// <param name="Ejected">Kept failing.</param>
/// <param name="Unhealthy">Fail their health checks.</param>
/// <param name="PassedOver">The ejected, unhealthy and drained ones, at most 100.</param>
/// <param name="Drained">An operator took them out.</param>
internal sealed record EndpointCounts(int Total, int Ready, int Terminating, int NotReady, int Ejected, int Unhealthy, ImmutableArray<PassedOverDocument> PassedOver, int Drained);

/// <summary>An endpoint that gets nothing while others are there.</summary>
/// <param name="Service">Its Service port.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="State"><c>drained</c>, <c>unhealthy</c> or <c>ejected</c>.</param>
/// <param name="EjectedForSeconds">How much longer; null for one that is not ejected.</param>
/// <param name="Open">Connections, flows and requests it has from here now.</param>
internal sealed record PassedOverDocument(string Service, string Address, string State, double? EjectedForSeconds, int Open);

/// <summary>Routes that a request can meet, by what becomes of it.</summary>
/// <param name="Ingresses">Ingresses served.</param>
/// <param name="Hosts">Hosts with rules or TLS.</param>
/// <param name="Total">Routes.</param>
/// <param name="Forwarding">Those with an endpoint that may serve.</param>
/// <param name="Redirecting">Those that send every request elsewhere, or answer it themselves.</param>
/// <param name="Closed">Those that answer 503, because an annotation that restricts access cannot be honoured.</param>
/// <param name="BackendMissing">Those whose Service or port is not there.</param>
/// <param name="NoEndpoint">Those whose Service has nobody who can serve.</param>
/// <param name="Shadowed">Rules that are never reached.</param>
internal sealed record RouteCounts(int Ingresses, int Hosts, int Total, int Forwarding, int Redirecting, int Closed, int BackendMissing, int NoEndpoint, int Shadowed);

/// <summary>Certificates.</summary>
/// <param name="Total">Usable ones.</param>
/// <param name="Expired">Over already.</param>
/// <param name="Expiring">Over within 30 days.</param>
/// <param name="HostsWithout">Hosts under TLS whose certificate is not there; they get the default one.</param>
/// <param name="Next">Those that end first, at most 10.</param>
internal sealed record CertificateCounts(int Total, int Expired, int Expiring, int HostsWithout, ImmutableArray<CertificateEndDocument> Next);

/// <summary>When a certificate ends.</summary>
/// <param name="Secret">Its Secret.</param>
/// <param name="NotAfter">The end.</param>
/// <param name="DaysLeft">Whole days until then; negative: since then.</param>
internal sealed record CertificateEndDocument(string Secret, DateTimeOffset NotAfter, int DaysLeft);

/// <summary>Who writes status and Events.</summary>
/// <param name="Elected">False: this replica does not ask others.</param>
/// <param name="Lease">The Lease; null without election.</param>
/// <param name="Identity">Who we are.</param>
/// <param name="Holder">Who leads, as far as is known; empty: nobody.</param>
/// <param name="IsLeader">True when we do.</param>
internal sealed record LeaderDocument(bool Elected, string? Lease, string Identity, string Holder, bool IsLeader);

/// <summary>What the event loops carry at L4.</summary>
/// <param name="TcpOpen">TCP connections now.</param>
/// <param name="TcpAccepted">Since the start.</param>
/// <param name="BytesReceived">From clients, TCP and UDP, since the start.</param>
/// <param name="BytesSent">To clients.</param>
/// <param name="DatagramsReceived">From clients, since the start.</param>
/// <param name="DatagramsSent">To clients, since the start.</param>
/// <param name="DatagramsDropped">That the kernel did not take, in either direction, since the start.</param>
internal sealed record ConnectionCounts(long TcpOpen, long TcpAccepted, long BytesReceived, long BytesSent, long DatagramsReceived, long DatagramsSent, long DatagramsDropped);

/// <summary>HTTP, since the start but for what is open.</summary>
/// <param name="Connections">Connections of clients that are open now.</param>
/// <param name="Active">Requests being served now.</param>
/// <param name="Requests">Requests that are over.</param>
/// <param name="Errors">Those with a 5xx, or an answer that broke off.</param>
/// <param name="BytesReceived">Their bodies.</param>
/// <param name="BytesSent">Their answers' bodies.</param>
internal sealed record HttpCounts(long Connections, long Active, long Requests, long Errors, long BytesReceived, long BytesSent);

/// <summary>Problems by what they cost.</summary>
internal sealed record ProblemCounts(int Errors, int Warnings, int Notes);
