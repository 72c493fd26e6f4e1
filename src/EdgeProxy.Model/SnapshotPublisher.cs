namespace EdgeProxy.Model;

/// <summary>Holds the snapshot that is live. One writer publishes, everybody reads.</summary>
public sealed class SnapshotPublisher
{
    private ProxySnapshot _current = ProxySnapshot.Empty;

    /// <summary>Raised after each swap, on the publishing thread.</summary>
    public event Action<ProxySnapshot>? Published;

    /// <summary>The live snapshot. Take it once per connection, flow or request.</summary>
    public ProxySnapshot Current => Volatile.Read(ref _current);

    /// <summary>Makes a snapshot live.</summary>
    public void Publish(ProxySnapshot snapshot)
    {
        // A release write: whoever sees the reference sees everything the builder wrote before it.
        Volatile.Write(ref _current, snapshot);
        Published?.Invoke(snapshot);
    }
}
