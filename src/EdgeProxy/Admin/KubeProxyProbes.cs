using System.Globalization;
using EdgeProxy.Hosting;
using EdgeProxy.Model;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Admin;

/// <summary>
/// <c>/healthz</c> and <c>/livez</c> as kube-proxy has them, for load balancers and probes made for it: healthz says whether this node should
/// get traffic, livez whether the process should be left alone. While it drains they differ, so that nobody restarts it for that (KEP-3836).
/// </summary>
/// <remarks>
/// Bodies and headers of pkg/proxy/healthcheck/proxy_health.go. <c>nodeEligible</c> is false while draining. <c>lastUpdated</c> is the time of
/// the answer while it is 200, as in kube-proxy, else that of the last snapshot.
/// </remarks>
internal sealed class KubeProxyProbes
{
    private readonly Readiness _readiness;
    private readonly TimeProvider _time;
    private long _lastUpdated;

    public KubeProxyProbes(Readiness readiness, SnapshotPublisher snapshots, TimeProvider time)
    {
        _readiness = readiness;
        _time = time;
        Touch();
        snapshots.Published += _ => Touch();
    }

    /// <summary>Answers one request.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/healthz":
                return AnswerAsync(context, _readiness.Reason is null, $", \"nodeEligible\": {(_readiness.IsDraining ? "false" : "true")}");
            case "/livez":
                return AnswerAsync(context, isHealthy: true, more: "");
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }

    private Task AnswerAsync(HttpContext context, bool isHealthy, string more)
    {
        var now = _time.GetUtcNow();
        var lastUpdated = isHealthy ? now : new DateTimeOffset(Interlocked.Read(ref _lastUpdated), TimeSpan.Zero);
        context.Response.StatusCode = isHealthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var body = $"{{\"lastUpdated\": \"{Text(lastUpdated)}\",\"currentTime\": \"{Text(now)}\"{more}}}";
        context.Response.ContentLength = body.Length; // all of it is ASCII
        return context.Response.WriteAsync(body, context.RequestAborted);
    }

    private void Touch() => Interlocked.Exchange(ref _lastUpdated, _time.GetUtcNow().UtcTicks);

    /// <summary>As Go prints a time.</summary>
    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss.fffffff '+0000 UTC'", CultureInfo.InvariantCulture);
}
