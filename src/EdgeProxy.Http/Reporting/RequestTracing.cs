using System.Diagnostics;
using System.Globalization;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Http.Policies;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Reporting;

/// <summary>
/// Spans of requests by OpenTelemetry's semantic conventions for HTTP: a server span each, and below it a client span for every try of an endpoint.
/// Endpoints are told the context of theirs (W3C Trace Context). While nobody listens nothing is made, and a client's context passes untouched.
/// </summary>
public static class RequestTracing
{
    /// <summary>Name of the source, for whoever wants to listen.</summary>
    public const string SourceName = "EdgeProxy";

    private const string TraceParent = "traceparent";
    private const string TraceState = "tracestate";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>True when requests of routes that say nothing themselves may be traced.</summary>
    internal static bool Wants(HttpSettings settings) => settings.Traces && Source.HasListeners();

    /// <summary>Begins the server span of a request whose route is known, if there is one; null: it is not traced.</summary>
    internal static Activity? Begin(Exchange exchange)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var policy = exchange.Route?.Policies?.Tracing;
        if ((policy?.IsEnabled ?? exchange.Snapshot.Http.Traces) == false)
        {
            return null;
        }

        var trusts = policy?.TrustsIncoming ?? exchange.Snapshot.Http.TrustsIncomingTraces;
        var parent = trusts ? ParentOf(exchange.Http.Request.Headers) : default;

        // Without a parent of its own it would get the one that happens to be current.
        var before = Activity.Current;
        Activity.Current = null;
        var span = Source.StartActivity(NameOf(exchange), ActivityKind.Server, parent);
        if (span is null)
        {
            Activity.Current = before;
        }

        return span;
    }

    /// <summary>Ends the server span.</summary>
    internal static void End(Activity span, IServedRequest request, ResponseReason reason, int status)
    {
        if (span.IsAllDataRequested)
        {
            Describe(span, request);
            span.SetTag("http.response.status_code", status);
            SetOutcome(span, reason, status, failsFrom: 500);
            if (request.Tries > 0)
            {
                span.SetTag("edgeproxy.tries", request.Tries);
            }
        }

        span.Dispose();
    }

    /// <summary>Begins the span of a try, below the request's.</summary>
    internal static Activity? BeginTry(Exchange exchange, Backend backend)
    {
        if (exchange.Span is not { IsAllDataRequested: true } server)
        {
            return null;
        }

        var span = Source.StartActivity(exchange.Http.Request.Method, ActivityKind.Client, server.Context);
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("http.request.method", exchange.Http.Request.Method);
            span.SetTag("server.address", backend.Address.Address.ToString());
            span.SetTag("server.port", backend.Address.Port);
            span.SetTag("edgeproxy.service", exchange.ServicePort?.Name.ToString());
            span.SetTag("edgeproxy.endpoint", backend.Address.ToString());
            if (exchange.Tries > 1)
            {
                span.SetTag("http.request.resend_count", exchange.Tries - 1);
            }
        }

        return span;
    }

    /// <summary>Ends the span of a try. <paramref name="status"/> is 0 where no answer began.</summary>
    internal static void EndTry(Activity? span, ResponseReason reason, int status)
    {
        if (span is null)
        {
            return;
        }

        if (status != 0)
        {
            span.SetTag("http.response.status_code", status);
        }

        SetOutcome(span, reason, status, failsFrom: 400);
        span.Dispose();
    }

    /// <summary>Tells an endpoint whose child its work is, instead of what the client said. Without a span of ours that stands as it is.</summary>
    internal static void Inject(HttpRequestMessage upstream, Activity? span)
    {
        if (span?.Id is not { } id)
        {
            return;
        }

        upstream.Headers.Remove(TraceParent);
        upstream.Headers.TryAddWithoutValidation(TraceParent, id);
        upstream.Headers.Remove(TraceState);
        if (span.TraceStateString is { Length: > 0 } state)
        {
            upstream.Headers.TryAddWithoutValidation(TraceState, state);
        }
    }

    // Trace Context §3.2: what cannot be parsed, or is there twice, is no context.
    private static ActivityContext ParentOf(IHeaderDictionary headers) =>
        headers[TraceParent] is { Count: 1 } parent && ActivityContext.TryParse(parent, headers[TraceState], isRemote: true, out var context)
            ? context
            : default;

    private static string NameOf(Exchange exchange)
    {
        if (exchange.Route is { Policies.Tracing.OperationName: { } name })
        {
            return TemplateText.Of(name, exchange);
        }

        var method = exchange.Http.Request.Method;
        return exchange.Route is { } route ? $"{method} {(route.Path.Length == 0 ? "/" : route.Path)}" : method;
    }

    private static void Describe(Activity span, IServedRequest request)
    {
        var target = RequestTarget.OriginForm(request.RawTarget);
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var (host, port) = HostAndPort.Split(request.Host);
        span.SetTag("http.request.method", request.Method);

        // Without the query: it is where tokens travel.
        span.SetTag("url.path", query < 0 ? target : target[..query]);
        span.SetTag("url.scheme", request.Client.Scheme);
        span.SetTag("server.address", host);
        if (port.Length > 1 && int.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            span.SetTag("server.port", number);
        }

        span.SetTag("client.address", request.Client.AddressText);
        span.SetTag("network.protocol.version", request.Protocol.StartsWith("HTTP/", StringComparison.Ordinal) ? request.Protocol[5..] : null);
        SetIfAny(span, "user_agent.original", request.UserAgent);
        SetIfAny(span, "edgeproxy.request_id", request.RequestId);
        if (request.Route is { } route)
        {
            span.SetTag("http.route", route.Path.Length == 0 ? "/" : route.Path);
            span.SetTag("edgeproxy.ingress", route.Ingress.ToString());
        }

        SetIfAny(span, "edgeproxy.service", request.ServicePort?.Name.ToString());
        SetIfAny(span, "edgeproxy.endpoint", request.Backend?.Address.ToString());
        span.SetTag("edgeproxy.generation", request.Snapshot.Generation);
    }

    // HTTP spans: a server is not to blame for 4xx, a client is.
    private static void SetOutcome(Activity span, ResponseReason reason, int status, int failsFrom)
    {
        span.SetTag("edgeproxy.reason", reason.Word());
        if (status >= failsFrom || (status == 0 && reason != ResponseReason.Forwarded) || reason == ResponseReason.ClientGone)
        {
            span.SetTag("error.type", reason == ResponseReason.Forwarded ? status.ToString(CultureInfo.InvariantCulture) : reason.Word());
            span.SetStatus(reason == ResponseReason.ClientGone ? ActivityStatusCode.Unset : ActivityStatusCode.Error);
        }
    }

    private static void SetIfAny(Activity span, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            span.SetTag(name, value);
        }
    }
}
