using System.Diagnostics;

namespace EdgeProxy.Compare.Load;

/// <summary>What a load generator counts between two readings. Belongs to one thread.</summary>
internal sealed class LoadCounters
{
    private readonly LatencyHistogram _latencies = new();
    private long _since = Now;
    private long _units;

    /// <summary>Nanoseconds of a steady clock: Stopwatch's unit on Linux.</summary>
    public static long Now => Stopwatch.GetTimestamp();

    public long Errors { get; set; }

    public int Open { get; set; }

    public void Done(long startedAt)
    {
        _units++;
        _latencies.Record(Now - startedAt);
    }

    public void AddBytes(int count) => _units += count;

    /// <summary>Reads and starts again.</summary>
    public LoadReading Take()
    {
        var now = Now;
        var reading = new LoadReading(_units, Errors, (now - _since) / 1e9, _latencies.Percentile(0.5) / 1e3, _latencies.Percentile(0.99) / 1e3, Open);
        (_units, Errors, _since) = (0, 0, now);
        _latencies.Clear();
        return reading;
    }
}
