using System.Diagnostics;
using System.Net;
using EdgeProxy.Http.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace EdgeProxy.Http.Forwarding;

/// <summary>One request as its endpoint gets it, and what became of it. Serves all tries of that request.</summary>
internal sealed class UpstreamRequest(Exchange exchange) : HttpTransformer
{
    // The target passes byte for byte: the default of both the forwarder and Uri rewrites %2F, %7e, brackets and dot segments.
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private long _sentAt;

    /// <summary>True when the request's body was begun to be sent: no other endpoint may be tried, it would get the rest only.</summary>
    public bool BodyStarted { get; set; }

    /// <summary>The time from sending the request to the head of the answer; null while there is none.</summary>
    public TimeSpan? HeadAfter { get; private set; }

    /// <summary>True when the endpoint's whole answer was passed on; whatever fails after that is not an error of the answer.</summary>
    public bool Answered { get; private set; }

    /// <inheritdoc />
    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        _sentAt = Stopwatch.GetTimestamp();
        proxyRequest.RequestUri = new Uri(destinationPrefix + exchange.ForwardedTarget, AsWritten);
        if (proxyRequest.Content is { } body)
        {
            proxyRequest.Content = new ObservedContent(body, this);
        }

        RequestHeaders.Copy(httpContext.Request, proxyRequest, exchange.Client);
        if (exchange.ClientVerdict is { } verdict)
        {
            RequestHeaders.AddClientVerdict(proxyRequest, verdict, exchange.PassesClientCertificate);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var forward = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is null)
        {
            return forward;
        }

        HeadAfter = Stopwatch.GetElapsedTime(_sentAt);

        if (proxyResponse.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var options))
        {
            RemoveNamed(httpContext.Response.Headers, options.ToString());
        }

        exchange.Steps?.ApplyTo(exchange, httpContext.Response);

        // A body of known length is on its way. After an upgrade the content is a connection, not a body.
        if (proxyResponse.Content is { Headers.ContentLength: null } body && !IsUpgrade(proxyResponse))
        {
            proxyResponse.Content = new PromptContent(body, httpContext.Response);
        }

        return forward;
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
