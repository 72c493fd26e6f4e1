using System.Collections.Immutable;
using EdgeProxy.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Telemetry;

/// <summary><c>/metrics</c> of the admin port.</summary>
internal sealed class MetricsPage(LiveProcess sources, bool forNginxBoards)
{
    private readonly ImmutableArray<Metric> _metrics = forNginxBoards ? [.. MetricTable.All, .. NginxMetrics.All] : MetricTable.All;

    /// <summary>Answers one request, in OpenMetrics if that is liked better than plain text.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        var text = new PrometheusText(PrefersOpenMetrics(context.Request));
        var response = context.Response;
        response.ContentType = text.ContentType;
        response.Headers.CacheControl = "no-store";
        response.Headers.Vary = HeaderNames.Accept;
        return response.WriteAsync(text.Write(_metrics, sources), context.RequestAborted);
    }

    private static bool PrefersOpenMetrics(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList([.. request.Headers.Accept.OfType<string>()], out var accepted))
        {
            return false;
        }

        var openMetrics = accepted
            .Where(type => type.MediaType == "application/openmetrics-text" && VersionOf(type) is "" or "1.0.0")
            .Select(type => type.Quality ?? 1)
            .DefaultIfEmpty(0)
            .Max();
        var text = accepted.Where(type => type.MediaType == "text/plain").Select(type => type.Quality ?? 1).DefaultIfEmpty(0).Max();
        return openMetrics > 0 && openMetrics >= text;
    }

    private static string VersionOf(MediaTypeHeaderValue type) =>
        type.Parameters.FirstOrDefault(parameter => parameter.Name.Equals("version", StringComparison.OrdinalIgnoreCase))?.Value.ToString().Trim('"') ?? "";
}
