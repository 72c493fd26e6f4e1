using System.Collections.Immutable;

namespace EdgeProxy.Model.Metrics;

/// <summary>The buckets of a histogram.</summary>
/// <param name="Bounds">Upper bounds, inclusive and ascending, in the unit values are recorded in.</param>
/// <param name="Scale">What one of that unit is in the metric's own unit: 1e-7 for ticks in seconds.</param>
public sealed record HistogramShape(ImmutableArray<long> Bounds, double Scale)
{
    private const double SecondsPerTick = 1e-7;

    /// <summary>Durations of requests: the bounds OpenTelemetry's HTTP conventions advise, 5 ms to 10 s.</summary>
    public static HistogramShape Requests { get; } = Seconds(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10);

    /// <summary>Delays inside and next to the process: doubling from 0.25 ms to 8 s.</summary>
    public static HistogramShape Delays { get; } =
        Seconds([.. Enumerable.Range(0, 16).Select(power => 0.00025 * (1 << power))]);

    /// <summary>How long connections last: 10 ms to a day.</summary>
    public static HistogramShape Lifetimes { get; } = Seconds(0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400);

    /// <summary>Sizes of messages: 10 B to 10 MB by powers of ten, as ingress-nginx has them.</summary>
    public static HistogramShape Sizes { get; } = new([10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000], 1);

    /// <summary>The bounds in the metric's unit.</summary>
    public ImmutableArray<double> ScaledBounds { get; } = [.. Bounds.Select(bound => Scaled(bound, Scale))];

    private static HistogramShape Seconds(params double[] bounds) =>
        new([.. bounds.Select(bound => TimeSpan.FromSeconds(bound).Ticks)], SecondsPerTick);

    /// <summary>Ticks by division: 50,000 × 1e-7 would be 0.0049999999999999996.</summary>
    internal static double Scaled(long value, double scale) => scale == SecondsPerTick ? value / (double)TimeSpan.TicksPerSecond : value * scale;
}
