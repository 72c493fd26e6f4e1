namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>Delays between tries: doubling, with full jitter, so that many clients of one server do not come back together. Not thread-safe.</summary>
internal sealed class Backoff
{
    private readonly TimeSpan _first;
    private readonly TimeSpan _longest;
    private TimeSpan _ceiling;

    public Backoff(TimeSpan first, TimeSpan longest)
    {
        _first = first;
        _longest = longest;
        _ceiling = first;
    }

    /// <summary>The next delay; at least what the server asked for.</summary>
    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        var delay = _ceiling * Random.Shared.NextDouble();
        _ceiling = _ceiling * 2 > _longest ? _longest : _ceiling * 2;
        return (atLeast ?? TimeSpan.Zero) + delay;
    }

    /// <summary>It went well.</summary>
    public void Reset() => _ceiling = _first;
}
