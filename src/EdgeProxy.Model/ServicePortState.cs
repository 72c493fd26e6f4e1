using EdgeProxy.Model.Affinity;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Model;

/// <summary>What a service port keeps from snapshot to snapshot.</summary>
public sealed class ServicePortState(TimeProvider time)
{
    /// <summary>Picks backends.</summary>
    public IScheduler Scheduler { get; } = new RoundRobin();

    /// <summary>Which client is bound to which backend.</summary>
    public AffinityTable Affinity { get; } = new(time);
}
