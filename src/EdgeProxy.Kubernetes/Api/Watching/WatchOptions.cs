namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>How objects are listed and watched.</summary>
internal sealed record WatchOptions
{
    /// <summary>Objects of one page of a list. Default 500, as client-go.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Ask for the list as a stream of events (KEP-3157) until the server refuses. Default true.</summary>
    public bool Streams { get; init; } = true;

    /// <summary>Shortest time after which the server ends a watch; the longest is twice that. Default 5 min.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one page, or the first stream of a list, may take. Default 60 s.</summary>
    public TimeSpan ListTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The first delay after a failure is at most this. Default 0.8 s, as client-go.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(0.8);

    /// <summary>No delay is longer, unless the server asks for it. Default 30 s.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A watch that ends sooner was no success: a server that ends each at once is not asked in a circle. Default 1 s.</summary>
    public TimeSpan ShortestWatch { get; init; } = TimeSpan.FromSeconds(1);
}
