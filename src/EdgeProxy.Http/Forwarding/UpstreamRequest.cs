using System.Diagnostics;
using System.Net;
using EdgeProxy.Http.Forwarding.Bodies;
using EdgeProxy.Http.Policies;
using EdgeProxy.Http.Policies.Affinity;
using EdgeProxy.Http.Policies.Compression;
using EdgeProxy.Http.Policies.Limits;
using EdgeProxy.Http.Reporting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace EdgeProxy.Http.Forwarding;

/// <summary>One request as its endpoint gets it, and what became of it. Serves all tries of that request.</summary>
internal sealed class UpstreamRequest(Exchange exchange, UpstreamTries tries, AffinityBinding? affinity, TimeProvider time) : HttpTransformer
{
    // The target passes byte for byte: the default of both the forwarder and Uri rewrites %2F, %7e, brackets and dot segments.
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private long _sentAt;

    /// <summary>The time from sending the request to the head of the answer; null while there is none.</summary>
    public TimeSpan? HeadAfter { get; private set; }

    /// <summary>True when the head of the answer asks for another endpoint; nothing of it was passed on.</summary>
    public bool IsRejected { get; private set; }

    /// <summary>True when the endpoint's whole answer was passed on; whatever fails after that is not an error of the answer.</summary>
    public bool Answered { get; private set; }

    /// <summary>Forgets how the last try ended.</summary>
    public void BeginTry()
    {
        HeadAfter = null;
        IsRejected = false;
        Answered = false;
    }

    /// <inheritdoc />
    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        _sentAt = Stopwatch.GetTimestamp();
        proxyRequest.RequestUri = new Uri(destinationPrefix + (exchange.ErrorPage?.TargetOf(exchange) ?? exchange.ForwardedTarget), AsWritten);
        if (proxyRequest.Content is { } body)
        {
            proxyRequest.Content = new ObservedContent(body, tries);
        }

        RequestHeaders.Copy(exchange, proxyRequest);
        RequestTracing.Inject(proxyRequest, exchange.TrySpan ?? exchange.Span);
        if (exchange.ClientVerdict is { } verdict)
        {
            RequestHeaders.AddClientVerdict(proxyRequest, verdict, exchange.PassesClientCertificate);
        }

        exchange.Steps?.ApplyTo(exchange, proxyRequest);
        exchange.ErrorPage?.Complete(exchange, proxyRequest);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }

        HeadAfter = Stopwatch.GetElapsedTime(_sentAt);
        exchange.UpstreamTime = HeadAfter.Value;
        exchange.UpstreamStatus = (int)proxyResponse.StatusCode;
        IsRejected = tries.Rejects(exchange.UpstreamStatus);
        if (IsRejected)
        {
            return false;
        }

        if (exchange.Steps?.ErrorPages?.Replaces(exchange, exchange.UpstreamStatus) == true)
        {
            exchange.ReplacedStatus = exchange.UpstreamStatus;
            return false;
        }

        exchange.BodyBytesSent = proxyResponse.Content?.Headers.ContentLength ?? 0;
        var forward = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);

        if (proxyResponse.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var options))
        {
            RemoveNamed(httpContext.Response.Headers, options.ToString());
        }

        affinity?.Bind(exchange.Backend!, httpContext.Response, time.GetUtcNow());
        ResponseHeaders.FinishEndpointAnswer(exchange, httpContext.Response);

        // After an upgrade the content is a connection, not a body.
        if (!IsUpgrade(proxyResponse))
        {
            WrapBody(proxyResponse);
        }

        return forward;
    }

    private void WrapBody(HttpResponseMessage proxyResponse)
    {
        proxyResponse.Content = AnswerCompression.Apply(exchange, proxyResponse.Content);

        if (exchange.Route?.Policies?.Bandwidth is { } bandwidth && proxyResponse.Content is { } whole)
        {
            proxyResponse.Content = new BodyContent(whole, inner => new ThrottledStream(inner, bandwidth, time));
        }

        // A body of known length is on its way.
        if (proxyResponse.Content is { Headers.ContentLength: null } body)
        {
            proxyResponse.Content = new BodyContent(body, inner => new PromptStream(inner, exchange));
        }
    }

    /// <inheritdoc />
    public override ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        Answered = true;
        return base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
    }

    private static bool IsUpgrade(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.SwitchingProtocols || response.RequestMessage?.Method == HttpMethod.Connect;

    /// <summary>RFC 9110 §7.6.1: headers that Connection names end here.</summary>
    private static void RemoveNamed(IHeaderDictionary headers, StringValues connection)
    {
        foreach (var option in connection.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            headers.Remove(option);
        }
    }
}
