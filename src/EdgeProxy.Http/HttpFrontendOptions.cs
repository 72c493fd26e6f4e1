using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Net;
using EdgeProxy.Http.AccessLogs;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Model;
using Microsoft.AspNetCore.Connections;

namespace EdgeProxy.Http;

/// <summary>How HTTP is listened for and forwarded. Read once, when the frontend is made.</summary>
public sealed class HttpFrontendOptions
{
    /// <summary>Addresses to listen on. Default none given: every address, IPv6 and IPv4, or IPv4 alone where IPv6 is off.</summary>
    public IReadOnlyList<IPAddress> ListenAddresses { get; set; } = [];

    /// <summary>Port for plain HTTP. Default 80; 0 lets the system choose one.</summary>
    [Range(0, 65535)]
    public int HttpPort { get; set; } = 80;

    /// <summary>Port for HTTPS. Default 443; 0 lets the system choose one.</summary>
    [Range(0, 65535)]
    public int HttpsPort { get; set; } = 443;

    /// <summary>
    /// The HTTPS port as clients see it: written into redirects, and into X-Forwarded-Port when it is 443. Default 443, which a redirect leaves out.
    /// </summary>
    /// <remarks>Set it when clients reach <see cref="HttpsPort"/> directly; leave it when a load balancer or a Service in front maps 443.</remarks>
    [Range(1, 65535)]
    public int RedirectPort { get; set; } = 443;

    /// <summary>
    /// Senders that begin their connections to either port with a PROXY header (v1 or v2), which is believed; one that does not begin so is reset.
    /// Default none: nobody. The ConfigMap's use-proxy-protocol and proxy-real-ip-cidr take its place.
    /// </summary>
    public ImmutableArray<IpPrefix> ProxyProtocolFrom { get; set; } = [];

    /// <summary>Time such a sender gets for the header. Default 5 s (proxy-protocol-header-timeout).</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan ProxyHeaderTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Look at the server name of every TLS connection, and relay those for hosts with the annotation ssl-passthrough as they are. Default false, as it
    /// costs every new connection a look.
    /// </summary>
    public bool SslPassthrough { get; set; }

    /// <summary>
    /// Serve plain HTTP/1.1 requests that are forwarded and nothing else on the event loops, where the frontend is given some; all others by Kestrel.
    /// Default true.
    /// </summary>
    public bool FastLane { get; set; } = true;

    /// <summary>
    /// Serve HTTP/3 too, at the UDP port of <see cref="HttpsPort"/>'s number, and tell clients of it. Default false. Needs libmsquic, and that
    /// nobody begins with a PROXY header; without, it is said once and everything else is served.
    /// </summary>
    public bool Http3 { get; set; }

    /// <summary>What stands in for QUIC, in tests. Default null: the system's.</summary>
    internal IMultiplexedConnectionListenerFactory? QuicTransport { get; set; }

    /// <summary>Time to open a connection to an endpoint before the next one is tried. Default 5 s (proxy-connect-timeout).</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time without a byte in either direction after which a request or WebSocket is given up. Default 60 s (proxy-read-timeout, proxy-send-timeout).
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan ActivityTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an unused connection to an endpoint is kept. Default 30 s.</summary>
    /// <remarks>
    /// Short, because pods come and go and their addresses are given to others: a kept connection to a pod that vanished without a word costs
    /// a request a full <see cref="ActivityTimeout"/>.
    /// </remarks>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan UpstreamIdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Age at which a connection to an endpoint takes no further request. Default 5 min; requests on it finish.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan UpstreamConnectionLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time a client gets for its TLS handshake. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan TlsHandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time a client gets to send a request's headers once it has begun. Default 60 s (client-header-timeout).</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a client's connection without a request stays open. Default 75 s (keep-alive).</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(75);

    /// <summary>Requests one HTTP/2 connection may have open at once. Default 128 (http2-max-concurrent-streams).</summary>
    [Range(1, 10_000)]
    public int MaxStreamsPerConnection { get; set; } = 128;

    /// <summary>Most bytes of a request's header lines together; more is answered 431. Default 32 KiB (large-client-header-buffers).</summary>
    [Range(1024, 1024 * 1024)]
    public int MaxRequestHeadersSize { get; set; } = 32 * 1024;

    /// <summary>How the access log is written. Default: not at all.</summary>
    public AccessLogFormat AccessLog { get; set; }

    /// <summary>Where the access log goes. Default: nowhere. Not closed.</summary>
    public Stream AccessLogOutput { get; set; } = Stream.Null;

    /// <summary>Whether metrics have labels for hosts or routes. Default none.</summary>
    public MetricsDetail MetricsDetail { get; set; }

    /// <summary>Counts what dashboards for ingress-nginx ask for as well. Default false: it costs every request some more.</summary>
    public bool CountsForNginxBoards { get; set; }

    /// <summary>Most bytes of a request line; more is answered 414. Default 8 KiB.</summary>
    [Range(256, 1024 * 1024)]
    public int MaxRequestLineSize { get; set; } = 8 * 1024;

    /// <summary>
    /// Lets auth-url reach loopback and link-local addresses, the metadata services of clouds among them. Default false. Services named by
    /// <c>NAME.NAMESPACE.svc.cluster.local</c> are reached wherever their endpoints are.
    /// </summary>
    public bool UnsafeLocalTargets { get; set; }

    /// <summary>Most bytes of a request's body where a route does not say; more is answered 413. Default 1 MiB (proxy-body-size); 0: no limit.</summary>
    [Range(0, long.MaxValue)]
    public long MaxRequestBodySize { get; set; } = 1024 * 1024;

    /// <summary>
    /// The secret that affinity cookies are signed with. Default null, one of this process: replicas of one frontend need the same, or they replace
    /// each other's cookies. Never logged.
    /// </summary>
    public string? AffinityKey { get; set; }
}
