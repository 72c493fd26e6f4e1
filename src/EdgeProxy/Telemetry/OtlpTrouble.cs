using System.Diagnostics.Tracing;
using EdgeProxy.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Telemetry;

/// <summary>Logs that OTLP does not get through. OpenTelemetry itself tells that only to event listeners, and an operator would look in vain.</summary>
internal sealed class OtlpTrouble(ILogger logger, TimeProvider time) : EventListener
{
    private const string Exporter = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    // A collector that is away is away for every batch.
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private long _saidAt;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Exporter)
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base class finds sources that exist before our own fields are set.
        var clock = time ?? TimeProvider.System;
        var before = Interlocked.Read(ref _saidAt);
        var now = clock.GetTimestamp();
        if (logger is null
            || eventData.Level > EventLevel.Error
            || (before != 0 && clock.GetElapsedTime(before, now) < Pause)
            || Interlocked.CompareExchange(ref _saidAt, now, before) != before)
        {
            return;
        }

        ProcessLog.OtlpTrouble(logger, eventData.EventName ?? "export failed");
    }
}
