namespace EdgeProxy.Model;

/// <summary>Holds the snapshot that is live. One writer publishes, everybody reads.</summary>
public sealed class SnapshotPublisher
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ProxySnapshot _current = ProxySnapshot.Empty;

    /// <summary>Raised before each swap, on the publishing thread: for what must be in place when readers see the snapshot.</summary>
    public event Action<ProxySnapshot>? Publishing;

    /// <summary>Raised after each swap, on the publishing thread.</summary>
    public event Action<ProxySnapshot>? Published;

    /// <summary>The live snapshot. Take it once per connection, flow or request.</summary>
    public ProxySnapshot Current => Volatile.Read(ref _current);

    /// <summary>Ends once the first snapshot is live. Before that there is nothing true to say about any host.</summary>
    public Task First => _first.Task;

    /// <summary>Makes a snapshot live.</summary>
    public void Publish(ProxySnapshot snapshot)
    {
        Publishing?.Invoke(snapshot);

        // A release write: whoever sees the reference sees everything the builder wrote before it.
        Volatile.Write(ref _current, snapshot);
        _first.TrySetResult();
        Published?.Invoke(snapshot);
    }
}
