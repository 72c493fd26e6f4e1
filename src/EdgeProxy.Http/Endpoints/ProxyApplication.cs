using EdgeProxy.Http.Reporting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Endpoints;

/// <summary>
/// What Kestrel calls for each request: runs the pipeline, answers where no endpoint did, and tells the ledger. Takes the place of ASP.NET's
/// hosting application and middleware, which would add scopes, activities and two log lines a request.
/// </summary>
internal sealed class ProxyApplication(RequestPipeline pipeline, OwnAnswer answer, RequestLedger ledger, ILogger logger, TimeProvider time) : IHttpApplication<Exchange>
{
    /// <inheritdoc />
    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        // Kestrel keeps what is put here for the connection's next request.
        var exchange = contextFeatures is IHostContextContainer<Exchange> container ? container.HostContext ??= new Exchange() : new Exchange();
        exchange.Begin(contextFeatures, time.GetTimestamp());
        return exchange;
    }

    /// <inheritdoc />
    public async Task ProcessRequestAsync(Exchange context)
    {
        ledger.Begin(context.Client.IsHttps);
        var reason = await ServeAsync(context);
        if (reason == ResponseReason.ClientGone)
        {
            // Nobody to answer, but a stream that is half open must not stay so.
            context.Http.Abort();
        }
        else if (reason != ResponseReason.Forwarded)
        {
            await AnswerAsync(context, reason);
        }

        context.Release();
        ledger.End(context, reason, StatusOf(context, reason));
    }

    /// <inheritdoc />
    public void DisposeContext(Exchange context, Exception? exception) => context.End();

    private async ValueTask<ResponseReason> ServeAsync(Exchange exchange)
    {
        try
        {
            return await pipeline.ServeAsync(exchange);
        }
        catch (Exception) when (exchange.Http.RequestAborted.IsCancellationRequested)
        {
            return ResponseReason.ClientGone;
        }
        catch (Exception error)
        {
            HttpLog.InternalError(logger, exchange.Http.Request.Method, exchange.Http.Request.Headers.Host.ToString(), error);
            return ResponseReason.InternalError;
        }
    }

    private async ValueTask AnswerAsync(Exchange exchange, ResponseReason reason)
    {
        try
        {
            await answer.WriteAsync(exchange, reason);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The client left before it was told; the log line below still says why.
        }
    }

    /// <summary>What the client saw: for an answer cut short that is the endpoint's status, and only the reason tells.</summary>
    private static int StatusOf(Exchange exchange, ResponseReason reason)
    {
        var response = exchange.Http.Response;
        var unseen = reason == ResponseReason.ClientGone || (reason.IsError() && !response.HasStarted);
        return unseen ? reason.Status() : response.StatusCode;
    }
}
