using System.Numerics;

namespace EdgeProxy.Compare.Load;

/// <summary>Counts of latencies in nanoseconds, 64 steps for each power of two: a percentile is off by 1 % at most. Recording allocates nothing.</summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 6;
    private const int Steps = 1 << StepBits;

    private readonly long[] _counts = new long[(64 - StepBits) << StepBits];

    public long Count { get; private set; }

    public void Record(long nanoseconds)
    {
        _counts[IndexOf(Math.Max(nanoseconds, 0))]++;
        Count++;
    }

    /// <summary>The latency that <paramref name="fraction"/> of all stay at or below; 0 when nothing was recorded.</summary>
    public double Percentile(double fraction)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(Count * fraction));
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
            {
                return MiddleOf(i);
            }
        }

        return 0;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
    }

    private static int IndexOf(long value)
    {
        if (value < Steps)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2((ulong)value) - StepBits;
        return ((shift + 1) << StepBits) + (int)((value >> shift) & (Steps - 1));
    }

    private static double MiddleOf(int index)
    {
        if (index < Steps)
        {
            return index;
        }

        var shift = (index >> StepBits) - 1;
        return ((double)(Steps + (index & (Steps - 1))) + 0.5) * Math.Pow(2, shift) - 0.5;
    }
}
