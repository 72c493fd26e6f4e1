using System.Collections.Frozen;
using System.Collections.Immutable;

namespace EdgeProxy.Model.Scheduling;

/// <summary>How the endpoints of a Service share its connections.</summary>
public sealed record SchedulingPolicy
{
    /// <summary>The scheduler of Services that name none.</summary>
    public const string DefaultScheduler = "rr";

    // Random.Shared is safe for several threads.
    private static readonly FrozenDictionary<string, Func<ImmutableArray<Backend>, HashOptions, Scheduler>> Makers =
        new Dictionary<string, Func<ImmutableArray<Backend>, HashOptions, Scheduler>>
        {
            [DefaultScheduler] = (candidates, _) => new RoundRobin(candidates),
            ["wrr"] = (candidates, _) => new WeightedRoundRobin(candidates),
            ["swrr"] = (candidates, _) => new SmoothWeightedRoundRobin(candidates),
            ["lc"] = (candidates, _) => new LeastConnections(candidates),
            ["wlc"] = (candidates, _) => new WeightedLeastConnections(candidates),
            ["sed"] = (candidates, _) => new ShortestExpectedDelay(candidates),
            ["nq"] = (candidates, _) => new NeverQueueing(candidates),
            ["lblc"] = (candidates, _) => new LocalityLeastConnections(candidates),
            ["lblcr"] = (candidates, _) => new ReplicatedLocalityLeastConnections(candidates),
            ["sh"] = (candidates, flags) => new SourceHash(candidates, flags),
            ["dh"] = (candidates, _) => new DestinationHash(candidates),
            ["mh"] = (candidates, flags) => new MaglevHash(candidates, MaglevHash.KernelTableSize, flags),
            ["maglev"] = (candidates, flags) => new MaglevHash(candidates, MaglevHash.LargeTableSize, flags | HashOptions.Fallback),
            ["ring"] = (candidates, _) => new RingHash(candidates),
            ["rendezvous"] = (candidates, _) => new Rendezvous(candidates),
            ["fo"] = (candidates, _) => new Failover(candidates),
            ["ovf"] = (candidates, _) => new Overflow(candidates),
            ["random"] = (candidates, _) => new RandomChoice(candidates, Random.Shared),
            ["p2c"] = (candidates, _) => new PowerOfTwoChoices(candidates, Random.Shared),
            ["ewma"] = (candidates, _) => new LeastLatency(candidates, Random.Shared),
        }.ToFrozenDictionary();

    /// <summary>Round robin, without limits.</summary>
    public static SchedulingPolicy Default { get; } = new();

    /// <summary>The names of all schedulers, sorted.</summary>
    public static ImmutableArray<string> Schedulers { get; } = [.. Makers.Keys.Order(StringComparer.Ordinal)];

    /// <summary>One of <see cref="Schedulers"/>; IPVS's name where it has one.</summary>
    public string Scheduler { get; init; } = DefaultScheduler;

    /// <summary>For <c>sh</c>, <c>mh</c> and <c>maglev</c>.</summary>
    public HashOptions Flags { get; init; }

    /// <summary>How long an endpoint that became ready takes to get its whole share; zero, the default: at once.</summary>
    public TimeSpan SlowStart { get; init; }

    /// <summary>The most connections this process holds to one endpoint; 0, the default: no limit.</summary>
    public int MaxConnections { get; init; }

    /// <summary>True when latencies are worth measuring.</summary>
    internal bool MeasuresLatency => Scheduler == "ewma";

    /// <summary>The scheduler for a list of candidates.</summary>
    public Scheduler CreateScheduler(ImmutableArray<Backend> candidates) =>
        candidates.IsEmpty ? Scheduling.Scheduler.None : Makers[Scheduler](candidates, Flags);
}
