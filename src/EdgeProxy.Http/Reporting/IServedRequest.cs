using System.Diagnostics;
using EdgeProxy.Http.Endpoints;
using EdgeProxy.Model;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Http.Reporting;

/// <summary>What is told of a request that is over, whichever way it was served. Only asked for what the operator wants written.</summary>
internal interface IServedRequest
{
    /// <summary>Who asked, and through which listener.</summary>
    ClientConnection Client { get; }

    /// <summary>The method, as received.</summary>
    string Method { get; }

    /// <summary>The Host header, as received.</summary>
    string Host { get; }

    /// <summary>The request target, as received.</summary>
    string RawTarget { get; }

    /// <summary>Such as <c>HTTP/1.1</c>.</summary>
    string Protocol { get; }

    /// <summary>The Referer header; empty: none.</summary>
    string Referer { get; }

    /// <summary>The User-Agent header; empty: none.</summary>
    string UserAgent { get; }

    /// <summary>X-Request-ID; empty: none.</summary>
    string RequestId { get; }

    /// <summary>Length of the request's body as it was announced; 0: none, or not announced.</summary>
    long RequestBytes { get; }

    /// <summary>Bytes of the answer's body.</summary>
    long BodyBytesSent { get; }

    /// <summary>When it began; see <see cref="TimeProvider.GetTimestamp"/>.</summary>
    long StartedAt { get; }

    /// <summary>The snapshot it was served from.</summary>
    ProxySnapshot Snapshot { get; }

    /// <summary>The route taken; null: none.</summary>
    Route? Route { get; }

    /// <summary>The service port; null: none was found.</summary>
    ServicePort? ServicePort { get; }

    /// <summary>True when the route's canary served it.</summary>
    bool IsCanary { get; }

    /// <summary>The endpoint tried last; null: none.</summary>
    Backend? Backend { get; }

    /// <summary>How many endpoints were tried.</summary>
    int Tries { get; }

    /// <summary>The status of the endpoint's answer; 0: there was none.</summary>
    int UpstreamStatus { get; }

    /// <summary>From sending the request to the head of that answer.</summary>
    TimeSpan UpstreamTime { get; }

    /// <summary>Its server span; null: it is not traced.</summary>
    Activity? Span { get; }
}
