using EdgeProxy.Model.Affinity;
using EdgeProxy.Model.Ejection;
using EdgeProxy.Model.Metrics;

namespace EdgeProxy.Model;

/// <summary>What a service port keeps from snapshot to snapshot, besides its backends and the turns of its schedulers.</summary>
public sealed class ServicePortState
{
    private AffinityTable? _affinity;
    private bool _transparentRefused;

    /// <summary>Nothing is known yet.</summary>
    public ServicePortState(TimeProvider time)
        : this(time, new Ejections(time), new TrafficTally())
    {
    }

    private ServicePortState(TimeProvider time, Ejections ejections, TrafficTally traffic)
    {
        Time = time;
        Ejections = ejections;
        Traffic = traffic;
    }

    /// <summary>Which client is bound to which backend; made when the first client is, as most Services never bind any.</summary>
    public AffinityTable Affinity => _affinity ?? LazyInitializer.EnsureInitialized(ref _affinity, () => new AffinityTable(Time));

    /// <summary>Which backends are passed over because they keep failing.</summary>
    public Ejections Ejections { get; }

    /// <summary>What it has had to do.</summary>
    public TrafficTally Traffic { get; }

    /// <summary>The clock of all of it.</summary>
    internal TimeProvider Time { get; }

    /// <summary>The same with nobody bound: affinity was switched off, and starts afresh when it is switched on again.</summary>
    internal ServicePortState WithoutBindings() => new(Time, Ejections, Traffic);

    /// <summary>Notes that clients' addresses may not be used here. True the first time: one warning a service port is enough.</summary>
    public bool TryNoteTransparentRefusal() => !Interlocked.Exchange(ref _transparentRefused, true);
}
