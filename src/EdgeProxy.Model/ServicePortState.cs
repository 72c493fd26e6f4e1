using EdgeProxy.Model.Affinity;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Model;

/// <summary>What a service port keeps from snapshot to snapshot.</summary>
public sealed class ServicePortState(TimeProvider time)
{
    /// <summary>Picks backends.</summary>
    public IScheduler Scheduler { get; } = new RoundRobin();

    private AffinityTable? _affinity;

    /// <summary>Which client is bound to which backend; made when the first client is, as most Services never bind any.</summary>
    public AffinityTable Affinity => _affinity ?? LazyInitializer.EnsureInitialized(ref _affinity, () => new AffinityTable(time));
}
