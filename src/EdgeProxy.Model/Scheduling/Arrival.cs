namespace EdgeProxy.Model.Scheduling;

/// <summary>A new connection, flow or request that wants a backend: what a scheduler may know of it, and whom it may not get.</summary>
public readonly ref struct Arrival
{
    private readonly ref readonly TriedBackends _tried;
    private readonly TimeProvider _time;
    private readonly TimeSpan? _passEjectedAt;
    private readonly bool _passUnhealthy;

    /// <summary>Describes one try.</summary>
    /// <param name="client">Who asks; the port only matters to hashing with the port flag.</param>
    /// <param name="destination">The address that was asked for.</param>
    /// <param name="tried">Those that failed this connection already.</param>
    /// <param name="time">The clock.</param>
    /// <param name="passEjectedAt">The moment for which ejected backends are passed over; null: they are not.</param>
    /// <param name="passUnhealthy">Backends whose health checks fail are passed over.</param>
    public Arrival(
        EndpointAddress client,
        IpAddr destination,
        in TriedBackends tried,
        TimeProvider time,
        TimeSpan? passEjectedAt = null,
        bool passUnhealthy = false)
    {
        Client = client;
        Destination = destination;
        _tried = ref tried;
        _time = time;
        _passEjectedAt = passEjectedAt;
        _passUnhealthy = passUnhealthy;
    }

    /// <summary>Who asks.</summary>
    public EndpointAddress Client { get; }

    /// <summary>The address that was asked for.</summary>
    public IpAddr Destination { get; }

    /// <summary>True when this connection failed somewhere else before: such a try takes nobody's turn.</summary>
    public bool IsRetry => _tried.Count > 0;

    /// <summary>True when backends that are ejected, or whose health checks fail, are passed over.</summary>
    public bool PassesFailing => _passUnhealthy || _passEjectedAt is not null;

    /// <summary>True when nobody is tried or passed over: then a backend's own weight and limit decide alone.</summary>
    public bool ExcludesNobody => !IsRetry && !PassesFailing;

    /// <summary>The moment, on the clock of the service port.</summary>
    public TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>The same when nobody else is left: nobody is passed over for failing.</summary>
    public Arrival WithFailing(in TriedBackends tried) => new(Client, Destination, tried, _time);

    /// <summary>False for a backend that failed: this connection, so often that it is ejected, or its health checks.</summary>
    public bool Spares(Backend backend) =>
        !_tried.Contains(backend)
        && (_passEjectedAt is not { } moment || !backend.Failures.IsEjected(moment))
        && (!_passUnhealthy || backend.IsHealthy);

    /// <summary>True when the backend may be picked.</summary>
    public bool Allows(Backend backend) => backend.IsOpen && Spares(backend);

    /// <summary>Its weight in 256ths, less while it starts slowly.</summary>
    public long ShareOf(Backend backend) => (long)backend.Weight * RampOf(backend);

    /// <summary>256, less while it starts slowly.</summary>
    public int RampOf(Backend backend) => backend.Ramp.IsRunning ? backend.Ramp.Share(Now) : SlowStartRamp.Whole;

    /// <summary>False when a backend that starts slowly gives its turn away.</summary>
    public bool TakesTurn(Backend backend) => !backend.Ramp.IsRunning || backend.Ramp.TakesTurn(Now);
}
