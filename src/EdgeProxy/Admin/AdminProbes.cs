using EdgeProxy.Hosting;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Admin;

/// <summary>The admin port: <c>/healthz</c> (the process lives) and <c>/readyz</c> (it should get traffic).</summary>
internal static class AdminProbes
{
    /// <summary>Answers one request.</summary>
    public static Task AnswerAsync(HttpContext context, Readiness readiness)
    {
        var (status, text) = context.Request.Path.Value switch
        {
            "/healthz" => (StatusCodes.Status200OK, "ok"),
            "/readyz" when readiness.Reason is { } reason => (StatusCodes.Status503ServiceUnavailable, reason),
            "/readyz" => (StatusCodes.Status200OK, "ok"),
            _ => (StatusCodes.Status404NotFound, "not found; there are /healthz and /readyz"),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
