using System.Text;
using EdgeProxy.Model.Ejection;
using EdgeProxy.Model.Health;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Model;

/// <summary>
/// The run-time state of one endpoint of one service port. It outlives snapshots: the builder carries it over as long as the address
/// stays listed. An endpoint that left and came back is a new backend. Thread-safe: loops, requests and the builder meet here.
/// </summary>
/// <param name="address">Where it listens.</param>
/// <param name="now">When it was first seen, on the clock of its service port.</param>
public sealed class Backend(EndpointAddress address, TimeSpan now = default)
{
    private int _active;
    private int _weight = Endpoint.DefaultWeight;
    private int _maxConnections;
    private FailureCount _failures;
    private HealthCount _health;
    private SlowStartRamp _ramp;
    private PeakEwma _latency = new(now);
    private ulong _addressHash;
    private volatile bool _isDrained;

    /// <summary>Where it listens.</summary>
    public EndpointAddress Address { get; } = address;

    /// <summary>Connections, flows and requests this process holds to it right now, those being dialled included.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Its share of new connections, 0–65,535; 0: no new ones. Set with each snapshot that is built, default 1.</summary>
    public int Weight
    {
        get => Volatile.Read(ref _weight);
        internal set => Volatile.Write(ref _weight, value);
    }

    /// <summary>With this many active it takes no new ones; 0: no limit. IPVS calls it the upper threshold.</summary>
    public int MaxConnections
    {
        get => Volatile.Read(ref _maxConnections);
        internal set => Volatile.Write(ref _maxConnections, value);
    }

    /// <summary>
    /// IPVS counts a connection that is closing for a 256th of an active one. Here it is released when it closes, so this is 0 outside tests.
    /// </summary>
    internal int Inactive { get; set; }

    /// <summary>An operator took it out: it gets no new connections, flows and requests; those it has go on. Default false.</summary>
    public bool IsDrained
    {
        get => _isDrained;
        set => _isDrained = value;
    }

    /// <summary>Takes new connections: its weight is not 0, it is not full, and nobody took it out.</summary>
    public bool IsOpen => Weight > 0 && !_isDrained && (MaxConnections == 0 || Active < MaxConnections);

    /// <summary>False while its health checks fail; true when there are none.</summary>
    public bool IsHealthy => !_health.IsDown;

    /// <summary>What keys are hashed with; worked out when it is first asked for, as most Services never hash.</summary>
    internal ulong AddressHash => _addressHash != 0 ? _addressHash : _addressHash = XxHash64.Hash(Encoding.UTF8.GetBytes(Address.ToString()));

    /// <summary>How long it takes to connect to it.</summary>
    internal ref PeakEwma Latency => ref _latency;

    /// <summary>Failures in a row, and whether it is ejected for them.</summary>
    internal ref FailureCount Failures => ref _failures;

    /// <summary>Where it stands in its slow start.</summary>
    internal ref SlowStartRamp Ramp => ref _ramp;

    /// <summary>Counts one more in use; pair with <see cref="Release"/>.</summary>
    public void Hold() => Interlocked.Increment(ref _active);

    /// <summary>Counts one less.</summary>
    public void Release() => Interlocked.Decrement(ref _active);

    /// <summary>Tells the outcome of one health check; true when <see cref="IsHealthy"/> changed with it. For one checker only.</summary>
    public bool ReportCheck(bool passed, HealthCheck check) => _health.Add(passed, check);

    /// <inheritdoc />
    public override string ToString() => Address.ToString();
}
