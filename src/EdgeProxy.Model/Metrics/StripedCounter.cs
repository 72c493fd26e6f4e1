using System.Numerics;

namespace EdgeProxy.Model.Metrics;

/// <summary>A count that every processor keeps for itself, so that counting never waits for another core's cache line. Thread-safe.</summary>
public sealed class StripedCounter
{
    // A stripe is two cache lines: processors fetch the neighbour of a line as well.
    private const int Stride = 16;

    private readonly long[] _cells = new long[(Stripes + 1) * Stride];

    /// <summary>How many stripes there are: a power of two, as many as processors, at most 16.</summary>
    internal static int Stripes { get; } = Math.Min(16, (int)BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount));

    /// <summary>The stripe of the processor this runs on.</summary>
    internal static int Here => Thread.GetCurrentProcessorId() & (Stripes - 1);

    /// <summary>The sum of all stripes, each read once.</summary>
    public long Value
    {
        get
        {
            var sum = 0L;
            for (var stripe = 1; stripe <= Stripes; stripe++)
            {
                sum += Volatile.Read(ref _cells[stripe * Stride]);
            }

            return sum;
        }
    }

    /// <summary>Adds; what is taken away again may go by another processor.</summary>
    public void Add(long value) => Interlocked.Add(ref _cells[(Here + 1) * Stride], value);
}
