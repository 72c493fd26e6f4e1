using System.Globalization;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Http.Policies;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Endpoints;

/// <summary>Writes the answers that come from the proxy itself. They name a reason and never carry an exception's text.</summary>
internal sealed class OwnAnswer(int redirectPort)
{
    private readonly string _port = string.Create(CultureInfo.InvariantCulture, $":{redirectPort}");
    private readonly string _redirectPort = redirectPort == 443 ? "" : string.Create(CultureInfo.InvariantCulture, $":{redirectPort}");

    /// <summary>Answers. What an endpoint said so far, if nothing of it was sent yet, is forgotten.</summary>
    public async ValueTask WriteAsync(Exchange exchange, ResponseReason reason)
    {
        var response = exchange.Http.Response;
        if (response.HasStarted)
        {
            // The status is sent. All that can still be said is that this answer is not complete.
            exchange.Http.Abort();
            return;
        }

        response.Clear();
        response.StatusCode = reason.Status();
        exchange.Reply.CopyTo(response);
        if (reason == ResponseReason.HttpsRedirect)
        {
            response.StatusCode = exchange.Snapshot.Http.RedirectStatus;
            response.Headers.Location = HttpsLocation(exchange);
        }

        var body = reason.Body(exchange.Reply.Status);
        if (body is not null)
        {
            response.ContentType = "text/plain; charset=utf-8";
            response.Headers.CacheControl = "no-store";
        }

        // RFC 9110 §8.6: 204 has no length.
        response.ContentLength = body?.Length ?? (response.StatusCode == StatusCodes.Status204NoContent ? null : 0);
        exchange.BodyBytesSent = body?.Length ?? 0;
        ResponseHeaders.FinishAnswer(exchange, response);
        if (body is not null && !HttpMethods.IsHead(exchange.Http.Request.Method))
        {
            await response.Body.WriteAsync(body, exchange.Http.RequestAborted);
        }
    }

    /// <summary>The same target under https. The host is as the client wrote it, without its port.</summary>
    private string HttpsLocation(Exchange exchange)
    {
        var spelling = exchange.Route?.Policies?.HttpsRedirect;
        var port = spelling is { CarriesPort: true } ? _port : _redirectPort;
        var target = RequestTarget.OriginForm(exchange.RawTarget);
        if (spelling is { CutsTrailingSlash: true } && target.EndsWith('/'))
        {
            target = target[..^1];
        }

        return string.Concat("https://", HostAndPort.Split(exchange.Http.Request.Headers.Host.ToString()).Host, port, target);
    }
}
