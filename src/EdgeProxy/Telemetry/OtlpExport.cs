using EdgeProxy.Hosting;
using EdgeProxy.Http.Reporting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace EdgeProxy.Telemetry;

/// <summary>Sends metrics and traces by OTLP. Made only when somebody wants them: without, nothing of OpenTelemetry is ever touched.</summary>
internal sealed class OtlpExport : IDisposable
{
    // What is left when the process stops gets this long to be sent; whoever waits for us to end should not wait for a collector that is gone.
    private const int ShutdownMilliseconds = 2_000;

    private readonly MeterBridge? _bridge;
    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;
    private readonly OtlpTrouble _trouble;

    private OtlpExport(OtlpOptions options, bool traces, bool metrics, LiveProcess sources, ILogger logger)
    {
        _trouble = new OtlpTrouble(logger, sources.Time);
        var resource = ResourceBuilder.CreateEmpty()
            .AddService("edgeproxy", serviceVersion: ProcessMetricRows.Version, serviceInstanceId: Environment.MachineName)
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        if (metrics)
        {
            _bridge = new MeterBridge(MetricTable.All, sources);
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddMeter(MeterBridge.Name)
                .AddOtlpExporter(exporter => Configure(exporter, options, "v1/metrics"))
                .Build();
        }

        if (traces)
        {
            var builder = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource(RequestTracing.SourceName)
                .AddOtlpExporter(exporter => Configure(exporter, options, "v1/traces"));
            _traces = (options.Sampler is { } sampler ? builder.SetSampler(sampler) : builder).Build();
        }
    }

    /// <summary>Begins to send; null when nobody wants anything. To be called when everything that counts is there, and before traffic is.</summary>
    public static OtlpExport? Start(OtlpOptions options, LiveProcess sources, Func<string, string?> environment, ILogger logger)
    {
        var (traces, metrics) = options.Wanted(environment);
        return traces || metrics ? new OtlpExport(options, traces, metrics, sources, logger) : null;
    }

    /// <summary>Sends what is left, within a bounded time.</summary>
    public void Dispose()
    {
        _traces?.Shutdown(ShutdownMilliseconds);
        _traces?.Dispose();
        _metrics?.Shutdown(ShutdownMilliseconds);
        _metrics?.Dispose();
        _bridge?.Dispose();
        _trouble.Dispose();
    }

    private static void Configure(OtlpExporterOptions exporter, OtlpOptions options, string path)
    {
        exporter.Protocol = options.Protocol ?? exporter.Protocol;
        exporter.Headers = options.Headers ?? exporter.Headers;
        if (options.Endpoint is { } endpoint)
        {
            // The exporter adds the path to what a variable says, and takes what is set here as it is.
            exporter.Endpoint = exporter.Protocol == OtlpExportProtocol.HttpProtobuf ? new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/" + path) : endpoint;
        }
    }
}
