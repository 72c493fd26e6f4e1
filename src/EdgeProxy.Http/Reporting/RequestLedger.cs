using EdgeProxy.Http.AccessLogs;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Reporting;

/// <summary>
/// The one place where the end of a request is told: metrics, its span, the access log and the process's log say the same of it. Every way of
/// serving requests calls <see cref="Begin"/> and <see cref="End"/>, once each.
/// </summary>
internal sealed class RequestLedger(HttpMetrics metrics, AccessLog? accessLog, ILogger logger, TimeProvider time)
{
    /// <summary>What is counted.</summary>
    public HttpMetrics Metrics => metrics;

    /// <summary>A request is being served.</summary>
    public void Begin(bool https) => metrics.RequestBegan(https);

    /// <summary>It is over. <paramref name="status"/> is what the client saw, or would have.</summary>
    public void End(IServedRequest request, ResponseReason reason, int status)
    {
        var duration = time.GetElapsedTime(request.StartedAt);
        metrics.RequestEnded(request, reason, status, duration);
        if (request.Span is { } span)
        {
            RequestTracing.End(span, request, reason, status);
        }

        accessLog?.Write(request, reason, status, duration);
        Log(request, reason, status, duration);
    }

    private void Log(IServedRequest request, ResponseReason reason, int status, TimeSpan duration)
    {
        var isError = reason.IsError();
        if (!logger.IsEnabled(isError ? LogLevel.Information : LogLevel.Debug))
        {
            return;
        }

        // The query stays out: it is where tokens travel.
        var target = request.RawTarget;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        if (isError)
        {
            HttpLog.Failed(logger, request.Method, request.Host, path, status, reason.Word(), request.Route, request.Backend, request.Tries, duration);
        }
        else
        {
            HttpLog.Served(logger, request.Method, request.Host, path, status, reason.Word(), request.Route, request.Backend, request.Tries, duration);
        }
    }
}
