using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Api;

/// <summary>
/// Objects of a cluster → snapshot. They come defaulted and with addresses, so there is no control plane on the way. Used by one thread at a time.
/// </summary>
public sealed class ClusterPipeline(ClusterSource source, SnapshotTranslator translator, LoadBalancerOptions loadBalancer)
{
    private readonly PoolConfiguration _pools = new(loadBalancer);
    private readonly LoadBalancerPlanner _planner = new(loadBalancer);

    /// <summary>The objects behind the last snapshot.</summary>
    public ObjectSet Objects => translator.Objects;

    /// <summary>The last snapshot.</summary>
    public ProxySnapshot Snapshot => translator.Snapshot;

    /// <inheritdoc cref="SnapshotTranslator.Faults" />
    public IReadOnlyList<TranslationFault> Faults => translator.Faults;

    /// <summary>How objects are translated; new options hold from the next change on.</summary>
    public TranslationOptions Options
    {
        get => translator.Options;
        set => translator.Options = value;
    }

    /// <summary>The pools of load-balancer addresses, as of the last snapshot.</summary>
    public AddressPools Pools => _pools.Pools;

    /// <summary>How much of each is given, as of the last <see cref="Review"/>.</summary>
    public IReadOnlyList<PoolUsage> PoolUsage { get; private set; } = [];

    /// <summary>The node the snapshots are for; a new one holds from the next change on.</summary>
    public LocalNode Node
    {
        get => translator.LocalNode;
        set => translator.LocalNode = value;
    }

    /// <inheritdoc cref="SnapshotTranslator.ExternalNames" />
    public IReadOnlySet<string> ExternalNames => translator.ExternalNames;

    /// <summary>What <see cref="ExternalNames"/> mean; new answers hold from the next change on.</summary>
    public ImmutableDictionary<string, ImmutableArray<IpAddr>> ExternalAddresses
    {
        get => translator.ExternalAddresses;
        set => translator.ExternalAddresses = value;
    }

    /// <summary>Translates a change, and tells the source what else is needed.</summary>
    public ProxySnapshot Apply(ClusterChange change)
    {
        translator.AddressPools = _pools.Follow(change.Objects).Pools;
        var snapshot = translator.Apply(change.Objects, change.Changes);
        source.Follow(translator.IsNamed, translator.Named);
        return snapshot;
    }

    /// <summary>Translates what there is for a node that changed.</summary>
    public ProxySnapshot Apply() => translator.Apply(translator.Objects);

    /// <summary>
    /// Everything wrong with the objects of the last snapshot. It looks at every Ingress, so it is for the quiet after changes; what is not named
    /// any more is let go of by the way.
    /// </summary>
    public IReadOnlyList<Problem> Review(ClusterChange change)
    {
        source.Release(translator.IsNamed);
        var addresses = loadBalancer.IsEnabled ? _planner.Plan(translator.Objects, Pools, nodes: null) : null;
        PoolUsage = addresses?.PoolUsage ?? [];
        return
        [
            .. change.Refused
                .Concat(translator.Problems)
                .Concat(ReferenceCheck.Find(translator.Objects, translator.Snapshot))
                .Concat(_pools.Problems)
                .Concat(addresses?.Problems ?? [])
                .Distinct()
                .OrderBy(problem => problem.Kind, StringComparer.Ordinal)
                .ThenBy(problem => problem.Object ?? default(NamespacedName)),
        ];
    }
}
