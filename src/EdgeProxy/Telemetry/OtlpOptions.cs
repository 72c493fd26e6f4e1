using System.Globalization;
using OpenTelemetry.Exporter;
using OpenTelemetry.Trace;

namespace EdgeProxy.Telemetry;

/// <summary>
/// Where metrics and traces are sent. What is not set here is what OpenTelemetry's own variables say (OTEL_EXPORTER_OTLP_*, OTEL_TRACES_SAMPLER,
/// OTEL_RESOURCE_ATTRIBUTES …), which the exporter reads itself.
/// </summary>
internal sealed class OtlpOptions
{
    /// <summary>The collector; null: see <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, and without that nothing is sent.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>How it is spoken to; null: as the variables say, gRPC by default.</summary>
    public OtlpExportProtocol? Protocol { get; set; }

    /// <summary>Headers for it, <c>name=value,…</c>. Secret: never printed.</summary>
    public string? Headers { get; set; }

    /// <summary>Which requests are traced; null: as the variables say, all by default, as far as the client's context does not say otherwise.</summary>
    public Sampler? Sampler { get; set; }

    /// <summary>Whether anything is to be sent, and which signals.</summary>
    /// <param name="environment">Reads one environment variable.</param>
    public (bool Traces, bool Metrics) Wanted(Func<string, string?> environment)
    {
        if (string.Equals(environment("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return (false, false);
        }

        bool Wants(string signal) =>
            environment($"OTEL_{signal}_EXPORTER") != "none"
            && (Endpoint is not null || environment("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } || environment($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is { Length: > 0 });

        return (Wants("TRACES"), Wants("METRICS"));
    }

    /// <summary>
    /// <c>always</c>, <c>never</c>, a ratio from 0 to 1, or one of these behind <c>parent:</c>, which leaves it to the client's context where there is
    /// one; <c>parent</c> alone is <c>parent:always</c>. Null when it is none of these.
    /// </summary>
    public static Sampler? ParseSampler(string text)
    {
        const string Parent = "parent";
        if (text == Parent)
        {
            return new ParentBasedSampler(new AlwaysOnSampler());
        }

        if (text.StartsWith(Parent + ":", StringComparison.Ordinal))
        {
            return ParseRoot(text[(Parent.Length + 1)..]) is { } root ? new ParentBasedSampler(root) : null;
        }

        return ParseRoot(text);
    }

    private static Sampler? ParseRoot(string text) => text switch
    {
        "always" => new AlwaysOnSampler(),
        "never" => new AlwaysOffSampler(),
        _ when double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1 =>
            new TraceIdRatioBasedSampler(ratio),
        _ => null,
    };
}
