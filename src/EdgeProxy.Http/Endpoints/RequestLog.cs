using EdgeProxy.Http.AccessLogs;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Endpoints;

/// <summary>Says what became of each request: in the access log, and in the process's.</summary>
internal sealed class RequestLog(AccessLog? accessLog, ILogger logger, TimeProvider time)
{
    /// <summary>True when somebody wants to hear of a request that ended so.</summary>
    public bool Wants(ResponseReason reason) => accessLog is not null || logger.IsEnabled(LevelOf(reason));

    /// <summary>Writes the lines of a request that is over.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="reason">How it ended.</param>
    /// <param name="status">What the client saw: for an answer cut short that is the endpoint's status, and only the reason tells.</param>
    public void Write(Exchange exchange, ResponseReason reason, int status)
    {
        accessLog?.Write(exchange, reason, status);
        if (!logger.IsEnabled(LevelOf(reason)))
        {
            return;
        }

        // The query stays out: it is where tokens travel.
        var target = exchange.RawTarget;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        var method = exchange.Http.Request.Method;
        var host = exchange.Http.Request.Headers.Host.ToString();
        var duration = time.GetElapsedTime(exchange.StartedAt);
        if (reason.IsError())
        {
            HttpLog.Failed(
                logger, method, host, path, status, reason.Word(), exchange.Route, exchange.Backend, exchange.Tries, duration);
        }
        else
        {
            HttpLog.Served(
                logger, method, host, path, status, reason.Word(), exchange.Route, exchange.Backend, exchange.Tries, duration);
        }
    }

    private static LogLevel LevelOf(ResponseReason reason) => reason.IsError() ? LogLevel.Information : LogLevel.Debug;
}
