using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeProxy.Admin.Documents;
using EdgeProxy.Explaining;
using EdgeProxy.Hosting;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;
using EdgeProxy.Telemetry;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Admin;

/// <summary>
/// The admin port: probes, metrics, and what is live as JSON (docs/admin.md). Only reads; what it tells has neither keys nor passwords, but it names every
/// host and address.
/// </summary>
internal static class AdminApi
{
    private const string Paths = "/healthz, /readyz, /metrics, /api/v1/status, /api/v1/services, /api/v1/routes, /api/v1/certificates, /api/v1/problems and /api/v1/explain?url=";

    /// <summary>Answers one request.</summary>
    public static Task AnswerAsync(HttpContext context, LiveProcess process, MetricsPage metrics)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return TextAsync(context, StatusCodes.Status405MethodNotAllowed, "only GET and HEAD");
        }

        var snapshot = process.Snapshot;
        var query = context.Request.Query;
        switch (context.Request.Path.Value)
        {
            case "/healthz":
                return TextAsync(context, StatusCodes.Status200OK, "ok");
            case "/readyz":
                return ReadyAsync(context, process.Readiness);
            case "/metrics":
                return metrics.AnswerAsync(context);
            case "/api/v1/status":
                return JsonAsync(context, StatusReport.Of(process), AdminJson.Default.StatusDocument);
            case "/api/v1/services":
                var services = new ServiceReport(snapshot, process.L4).Services(NameFilter(query));
                return JsonAsync(context, new ServicesDocument(snapshot.Generation, services), AdminJson.Default.ServicesDocument);
            case "/api/v1/routes":
                var report = new RouteReport(snapshot);
                var (isWanted, isWantedHost) = (NameFilter(query), HostFilter(query));
                var routes = new RoutesDocument(snapshot.Generation, report.Routes(isWanted, isWantedHost), report.Shadowed(isWanted, isWantedHost));
                return JsonAsync(context, routes, AdminJson.Default.RoutesDocument);
            case "/api/v1/certificates":
                var certificates = new CertificateReport(snapshot, process.Time.GetUtcNow()).Certificates(NameFilter(query));
                return JsonAsync(context, certificates, AdminJson.Default.CertificatesDocument);
            case "/api/v1/problems":
                var filter = NameFilter(query);
                var problems = process.Changes.Problems.Where(problem => filter(problem.Object ?? default)).Select(Describe);
                return JsonAsync(context, new ProblemsDocument(problems), AdminJson.Default.ProblemsDocument);
            case "/api/v1/explain":
                return ExplainAsync(context, snapshot);
            default:
                return TextAsync(context, StatusCodes.Status404NotFound, $"not found; there are {Paths}");
        }
    }

    private static Task ReadyAsync(HttpContext context, Readiness readiness)
    {
        var answer = readiness.Reason ?? "ok";
        return TextAsync(
            context,
            readiness.Reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            readiness.Trouble() is { } trouble ? $"{answer}\n{trouble}" : answer);
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    /// <summary>Lists are made while they are sent, so that a large one is never in memory as a whole.</summary>
    private static Task JsonAsync<T>(HttpContext context, T document, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, document, type, context.RequestAborted);
    }

    /// <summary>Query parameters <c>namespace</c> and <c>name</c>; absent: any.</summary>
    private static Func<NamespacedName, bool> NameFilter(IQueryCollection query)
    {
        var (ns, name) = ((string?)query["namespace"], (string?)query["name"]);
        return each => (ns is null || each.Namespace == ns) && (name is null || each.Name == name);
    }

    /// <summary>Query parameter <c>host</c>, a rule's host as it is written; absent: any.</summary>
    private static Func<string, bool> HostFilter(IQueryCollection query)
    {
        var host = (string?)query["host"];
        return each => host is null || string.Equals(each, host, StringComparison.OrdinalIgnoreCase);
    }

    private static ProblemDocument Describe(Problem problem) => new(
        problem.Severity switch { ProblemSeverity.Error => "error", ProblemSeverity.Warning => "warning", _ => "note" },
        problem.Kind,
        problem.Object?.Namespace,
        problem.Object?.Name,
        problem.Field,
        problem.Reason.ToString(),
        problem.Message,
        problem.Location?.File,
        problem.Location is { Line: > 0 } at ? at.Line : null,
        problem.Location is { Line: > 0 } place ? place.Column : null);

    private static Task ExplainAsync(HttpContext context, ProxySnapshot snapshot)
    {
        var errors = new List<string>();
        return ExplainQuestion.Parse(context.Request.Query, errors)?.Answer(snapshot, errors) is { } explanation
            ? context.Response.WriteAsJsonAsync(explanation, ExplainReport.Json, context.RequestAborted)
            : TextAsync(context, StatusCodes.Status400BadRequest, string.Join('\n', errors));
    }
}
