using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeProxy.Admin.Documents;
using EdgeProxy.Explaining;
using EdgeProxy.Hosting;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;
using EdgeProxy.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Admin;

/// <summary>
/// The admin port: the web page, probes, metrics, what is live as JSON, and the two things that can be changed while running (docs/admin.md). What it
/// tells has neither keys nor passwords, but it names every host and address; <see cref="AdminGate"/> says who may ask.
/// </summary>
internal sealed class AdminApi(LiveProcess process, AdminGate gate, MetricsPage metrics, LogLevelSwitch logLevel, ILogger logger)
{
    private const string Paths =
        "/, /healthz, /readyz, /metrics, /api/v1/status, /api/v1/services, /api/v1/routes, /api/v1/certificates, /api/v1/problems, /api/v1/traffic, "
        + "/api/v1/explain?url=, /api/v1/log-level (PUT too) and POST /api/v1/endpoints/NAMESPACE/SERVICE/ADDRESS/drain or undrain";

    private const int LongestBody = 4096;

    /// <summary>Answers one request.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (gate.Refuse(context) is var (status, text))
        {
            return TextAsync(context, status, text);
        }

        var path = context.Request.Path.Value ?? "/";
        var method = context.Request.Method;
        var allowed = EndpointDrains.Has(path) ? "POST" : path == "/api/v1/log-level" ? "GET, HEAD, PUT" : "GET, HEAD";
        if (!allowed.Split(", ").Contains(method, StringComparer.OrdinalIgnoreCase))
        {
            context.Response.Headers.Allow = allowed;
            return TextAsync(context, StatusCodes.Status405MethodNotAllowed, $"only {allowed}");
        }

        return method switch
        {
            _ when HttpMethods.IsPost(method) => DrainAsync(context, path),
            _ when HttpMethods.IsPut(method) => SetLogLevelAsync(context),
            _ when AdminPage.Has(path) => AdminPage.AnswerAsync(context),
            _ => ReadAsync(context, path),
        };
    }

    private Task ReadAsync(HttpContext context, string path)
    {
        var snapshot = process.Snapshot;
        var query = new ListQuery(context.Request.Query);
        return path switch
        {
            "/healthz" => TextAsync(context, StatusCodes.Status200OK, "ok"),
            "/readyz" => ReadyAsync(context, process.Readiness),
            "/metrics" => metrics.AnswerAsync(context),
            "/api/v1/status" => JsonAsync(context, StatusReport.Of(process), AdminJson.Default.StatusDocument),
            "/api/v1/services" => ServicesAsync(context, snapshot, query),
            "/api/v1/routes" => JsonAsync(context, new RouteReport(snapshot).Routes(query), AdminJson.Default.RoutesDocument),
            "/api/v1/certificates" => JsonAsync(
                context, new CertificateReport(snapshot, process.Time.GetUtcNow()).Certificates(query), AdminJson.Default.CertificatesDocument),
            "/api/v1/problems" => JsonAsync(context, Problems(query), AdminJson.Default.ProblemsDocument),
            "/api/v1/traffic" => TrafficAsync(context),
            "/api/v1/explain" => ExplainAsync(context, snapshot),
            "/api/v1/log-level" => JsonAsync(context, LogLevels(), AdminJson.Default.LogLevelDocument),
            _ => TextAsync(context, StatusCodes.Status404NotFound, $"not found; there are {Paths}"),
        };
    }

    private async Task ServicesAsync(HttpContext context, ProxySnapshot snapshot, ListQuery query)
    {
        await CatchUpAsync(context);
        await JsonAsync(context, new ServiceReport(snapshot, process.L4).Services(query), AdminJson.Default.ServicesDocument);
    }

    private async Task TrafficAsync(HttpContext context)
    {
        await CatchUpAsync(context);
        await JsonAsync(context, TrafficReport.Of(process), AdminJson.Default.TrafficListDocument);
    }

    /// <summary>Bytes of connections that are open are only counted when somebody asks.</summary>
    private Task CatchUpAsync(HttpContext context) => process.L4?.ReportTrafficAsync(context.RequestAborted) ?? Task.CompletedTask;

    /// <summary>The worst first.</summary>
    private ProblemsDocument Problems(ListQuery query)
    {
        var matching = process.Changes.Problems
            .Where(problem => query.Wants(problem.Object ?? default)
                && query.Finds(problem.Object?.ToString(), problem.Message, problem.Reason.ToString(), problem.Kind, problem.Location?.File))
            .ToList();
        var ordered = query.TroubleFirst ? matching.OrderByDescending(problem => problem.Severity) : matching.AsEnumerable();
        return new ProblemsDocument(matching.Count, query.Page(ordered).Select(Describe));
    }

    private Task DrainAsync(HttpContext context, string path) => EndpointDrains.Apply(path, process.Snapshot, logger, out var mistake) is { } drained
        ? JsonAsync(context, drained, AdminJson.Default.DrainedDocument)
        : TextAsync(context, StatusCodes.Status404NotFound, mistake);

    private async Task SetLogLevelAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = LongestBody;
        }

        LogLevelDocument? wanted = null;
        try
        {
            wanted = await JsonSerializer.DeserializeAsync(context.Request.Body, AdminJson.Default.LogLevelDocument, context.RequestAborted);
        }
        catch (Exception error) when (error is JsonException or BadHttpRequestException)
        {
            // Said below.
        }

        if (!Enum.TryParse<LogLevel>(wanted?.Level, ignoreCase: true, out var level) || !Enum.IsDefined(level) || int.TryParse(wanted?.Level, out _))
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, """the body must be {"level": "debug"}, or trace, information, warning, error or none""");
            return;
        }

        // Said while at least one of the two levels lets it through.
        logLevel.Level = level > LogLevel.Information ? logLevel.Level : level;
        ProcessLog.LogLevelChanged(logger, level, logLevel.Configured);
        logLevel.Level = level;
        await JsonAsync(context, LogLevels(), AdminJson.Default.LogLevelDocument);
    }

    private LogLevelDocument LogLevels() => new(Word(logLevel.Level), Word(logLevel.Configured));

    private static string Word(LogLevel level) => level.ToString().ToLowerInvariant();

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
