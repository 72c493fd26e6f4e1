namespace EdgeProxy.Model;

/// <summary>
/// The run-time state of one endpoint of one service port. It outlives snapshots: the builder carries it over as long as the address
/// stays listed. An endpoint that left and came back is a new backend.
/// </summary>
public sealed class Backend(EndpointAddress address)
{
    private int _active;

    /// <summary>Where it listens.</summary>
    public EndpointAddress Address { get; } = address;

    /// <summary>Connections, flows and requests this process holds to it right now.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Counts one more in use; pair with <see cref="Release"/>.</summary>
    public void Hold() => Interlocked.Increment(ref _active);

    /// <summary>Counts one less.</summary>
    public void Release() => Interlocked.Decrement(ref _active);

    /// <inheritdoc />
    public override string ToString() => Address.ToString();
}
