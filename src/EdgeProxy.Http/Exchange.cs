using System.Diagnostics;
using EdgeProxy.Http.Endpoints;
using EdgeProxy.Http.Policies;
using EdgeProxy.Http.Policies.Errors;
using EdgeProxy.Http.Policies.ExternalAuth;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Http.Tls;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeProxy.Http;

/// <summary>
/// One request on its way: what came in, and what was decided so far. Kestrel keeps one per connection or stream and it is used again for the
/// next request, so nobody may hold on to it.
/// </summary>
internal sealed class Exchange : IServedRequest
{
    private readonly DefaultHttpContext _http = new();
    private readonly List<IDisposable> _held = [];
    private string? _requestId;

    /// <summary>Request and response.</summary>
    public HttpContext Http => _http;

    /// <summary>Who asks, and through which listener.</summary>
    public ClientConnection Client { get; set; } = null!;

    /// <summary>The request target as received, byte for byte (Kestrel lets only ASCII pass).</summary>
    public string RawTarget { get; private set; } = "";

    /// <summary>When it began; see <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long StartedAt { get; private set; }

    /// <summary>The host it is routed by, normalised; empty when it has none.</summary>
    public string HostName { get; set; } = "";

    /// <summary>The route taken, if any.</summary>
    public Route? Route { get; set; }

    /// <summary>What the route asks for on the way; null: nothing.</summary>
    public RouteSteps? Steps { get; set; }

    /// <summary>The snapshot the request is served from, first look to last.</summary>
    public ProxySnapshot Snapshot { get; set; } = ProxySnapshot.Empty;

    /// <summary>The path the route was found by, normalised; only kept for routes with steps.</summary>
    public string Path { get; set; } = "";

    /// <summary>True below <c>/.well-known/acme-challenge/</c>, where nothing is redirected and nobody is asked who he is.</summary>
    public bool IsAcmeChallenge { get; set; }

    /// <summary>What goes with an answer of our own beyond its reason.</summary>
    public OwnReply Reply { get; } = new();

    /// <summary>What the authentication service said, if it was asked.</summary>
    public AuthVerdict? Verdict { get; set; }

    /// <summary>What was made of the client's certificate; null: the host asks for none.</summary>
    public ClientVerdict? ClientVerdict { get; set; }

    /// <summary>Whether the endpoint gets the certificate itself.</summary>
    public bool PassesClientCertificate { get; set; }

    /// <summary>The service port that serves the route, if there is one.</summary>
    public ServicePort? ServicePort { get; set; }

    /// <summary>How it reaches its endpoint: the route's, or its canary's.</summary>
    public ForwardingPolicies Forwarding { get; set; } = ForwardingPolicies.Default;

    /// <summary>True when the route's canary serves it.</summary>
    public bool IsCanary { get; set; }

    /// <summary>The target the endpoint gets, in origin form.</summary>
    public string ForwardedTarget { get; set; } = "";

    /// <summary>The endpoint tried last.</summary>
    public Backend? Backend { get; set; }

    /// <summary>How many endpoints were tried.</summary>
    public int Tries { get; set; }

    /// <summary>X-Request-ID, the same for every try and in the log; empty when the client sent none and none is given.</summary>
    public string RequestId => _requestId ??= global::EdgeProxy.Http.Forwarding.RequestId.Of(_http.Request, Snapshot.Http.GeneratesRequestId);

    /// <summary>What the default backend is asked in the place of the route's Service; null: the request goes its usual way.</summary>
    public ErrorPageRequest? ErrorPage { get; set; }

    /// <summary>The status of the endpoint's answer when it was not passed on because the default backend's will be; 0: none.</summary>
    public int ReplacedStatus { get; set; }

    /// <summary>The status of the endpoint's answer; 0: there was none.</summary>
    public int UpstreamStatus { get; set; }

    /// <summary>From sending the request to the head of the answer.</summary>
    public TimeSpan UpstreamTime { get; set; }

    /// <summary>Bytes of the answer's body: those that were passed on, or its length where that was known before.</summary>
    public long BodyBytesSent { get; set; }

    /// <summary>Its server span; null: it is not traced.</summary>
    public Activity? Span { get; set; }

    /// <summary>The span of the try under way; null: it is not traced.</summary>
    public Activity? TrySpan { get; set; }

    string IServedRequest.Method => _http.Request.Method;

    string IServedRequest.Host => _http.Request.Headers.Host.ToString();

    string IServedRequest.Protocol => _http.Request.Protocol;

    string IServedRequest.Referer => _http.Request.Headers.Referer.ToString();

    string IServedRequest.UserAgent => _http.Request.Headers.UserAgent.ToString();

    long IServedRequest.RequestBytes => _http.Request.ContentLength ?? 0;

    /// <summary>Takes up a request.</summary>
    public void Begin(IFeatureCollection features, long startedAt)
    {
        _http.Initialize(features);
        Client = features.GetRequiredFeature<ClientConnection>();
        RawTarget = features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        StartedAt = startedAt;
        HostName = "";
        Route = null;
        Steps = null;
        Snapshot = ProxySnapshot.Empty;
        Path = "";
        Reply.Clear();
        Verdict = null;
        ClientVerdict = null;
        PassesClientCertificate = false;
        ServicePort = null;
        Forwarding = ForwardingPolicies.Default;
        IsCanary = false;
        ForwardedTarget = "";
        Backend = null;
        Tries = 0;
        _requestId = null;
        ErrorPage = null;
        ReplacedStatus = 0;
        UpstreamStatus = 0;
        UpstreamTime = TimeSpan.Zero;
        BodyBytesSent = 0;
        Span = null;
        TrySpan = null;
    }

    /// <summary>Keeps something that must be given back when the request ends, however it ends.</summary>
    public void Hold(IDisposable lease) => _held.Add(lease);

    /// <summary>Gives back what is held; done before the log line, so that who reads of a request's end finds its place free.</summary>
    public void Release()
    {
        foreach (var lease in _held)
        {
            lease.Dispose();
        }

        _held.Clear();
    }

    /// <summary>Lets go of it.</summary>
    public void End()
    {
        Release();
        _http.Uninitialize();
    }
}
