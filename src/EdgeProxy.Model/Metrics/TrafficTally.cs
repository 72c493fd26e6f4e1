namespace EdgeProxy.Model.Metrics;

/// <summary>
/// What a service port or a route has had to do since it was first seen. It outlives snapshots. Every processor counts for itself, and nothing is
/// allocated before there is something to count, so that thousands that nobody asks for cost next to nothing. Thread-safe.
/// </summary>
public sealed class TrafficTally
{
    private const int Connections = 0;
    private const int Requests = 1;
    private const int Errors = 2;
    private const int BytesReceived = 3;
    private const int BytesSent = 4;
    private const int Ticks = 5;

    // Two cache lines a stripe: processors fetch the neighbour of a line as well.
    private const int Stride = 16;

    private long[]? _cells;

    /// <summary>What was counted so far; the numbers may be a moment apart.</summary>
    public TrafficReading Value => new(Sum(Connections), Sum(Requests), Sum(Errors), Sum(BytesReceived), Sum(BytesSent), TimeSpan.FromTicks(Sum(Ticks)));

    /// <summary>A TCP connection or UDP flow began.</summary>
    public void CountConnection() => Add(Here(), Connections, 1);

    /// <summary>A connection failed because of us or of an endpoint, not of its client.</summary>
    public void CountError() => Add(Here(), Errors, 1);

    /// <summary>Bytes were passed on from and to clients.</summary>
    public void CountBytes(long received, long sent)
    {
        var cells = Here();
        Add(cells, BytesReceived, received);
        Add(cells, BytesSent, sent);
    }

    /// <summary>An HTTP request is over.</summary>
    public void CountRequest(bool isError, TimeSpan duration, long received, long sent)
    {
        var cells = Here();
        Add(cells, Requests, 1);
        Add(cells, Errors, isError ? 1 : 0);
        Add(cells, BytesReceived, received);
        Add(cells, BytesSent, sent);
        Add(cells, Ticks, duration.Ticks);
    }

    private static void Add(Span<long> cells, int cell, long value)
    {
        if (value > 0)
        {
            Interlocked.Add(ref cells[cell], value);
        }
    }

    private Span<long> Here()
    {
        var cells = Volatile.Read(ref _cells) ?? LazyInitializer.EnsureInitialized(ref _cells, static () => new long[(StripedCounter.Stripes + 1) * Stride]);
        return cells.AsSpan((StripedCounter.Here + 1) * Stride, Stride);
    }

    private long Sum(int cell)
    {
        var sum = 0L;
        if (Volatile.Read(ref _cells) is { } cells)
        {
            for (var stripe = 1; stripe <= StripedCounter.Stripes; stripe++)
            {
                sum += Volatile.Read(ref cells[(stripe * Stride) + cell]);
            }
        }

        return sum;
    }
}
