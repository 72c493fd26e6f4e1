using EdgeProxy.Explaining;
using EdgeProxy.Hosting;
using EdgeProxy.Model;
using EdgeProxy.Telemetry;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Admin;

/// <summary>
/// The admin port: <c>/healthz</c> (the process lives), <c>/readyz</c> (it should get traffic), <c>/metrics</c> and <c>/api/v1/explain</c> (what would
/// become of a request).
/// </summary>
internal static class AdminProbes
{
    /// <summary>Answers one request.</summary>
    public static Task AnswerAsync(HttpContext context, Readiness readiness, SnapshotPublisher snapshots, MetricsPage metrics)
    {
        if (context.Request.Path.Value is "/metrics")
        {
            return metrics.AnswerAsync(context);
        }

        if (context.Request.Path.Value is "/api/v1/explain")
        {
            return ExplainAsync(context, snapshots.Current);
        }

        var (status, text) = context.Request.Path.Value switch
        {
            "/healthz" => (StatusCodes.Status200OK, "ok"),
            "/readyz" when readiness.Reason is { } reason => (StatusCodes.Status503ServiceUnavailable, WithTrouble(reason, readiness)),
            "/readyz" => (StatusCodes.Status200OK, WithTrouble("ok", readiness)),
            _ => (StatusCodes.Status404NotFound, "not found; there are /healthz, /readyz, /metrics and /api/v1/explain?url="),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    private static string WithTrouble(string answer, Readiness readiness) => readiness.Trouble() is { } trouble ? $"{answer}\n{trouble}" : answer;

    private static Task ExplainAsync(HttpContext context, ProxySnapshot snapshot)
    {
        var errors = new List<string>();
        if (ExplainQuestion.Parse(context.Request.Query, errors)?.Answer(snapshot, errors) is { } explanation)
        {
            return context.Response.WriteAsJsonAsync(explanation, ExplainReport.Json, context.RequestAborted);
        }

        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return context.Response.WriteAsync(string.Join('\n', errors) + "\n", context.RequestAborted);
    }
}
