using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Manifests;

/// <summary>
/// Manifests → snapshot: what was read goes through the embedded control plane and the translation. <c>check</c> and the running process use
/// this same path, so they can never disagree. Used by one thread at a time.
/// </summary>
public sealed class ManifestPipeline(EmbeddedControlPlane controlPlane, SnapshotTranslator translator)
{
    private LocalNode _translatedFor = translator.LocalNode;
    private TranslationOptions _translatedBy = translator.Options;
    private ImmutableDictionary<string, ImmutableArray<IpAddr>> _translatedWith = translator.ExternalAddresses;

    /// <inheritdoc cref="SnapshotTranslator.Faults" />
    public IReadOnlyList<TranslationFault> Faults => translator.Faults;

    /// <summary>How objects are translated; new options hold from the next load on.</summary>
    public TranslationOptions Options
    {
        get => translator.Options;
        set => translator.Options = value;
    }

    /// <summary>The node the snapshots are for; a new one holds from the next load on.</summary>
    public LocalNode Node
    {
        get => translator.LocalNode;
        set => translator.LocalNode = value;
    }

    /// <inheritdoc cref="SnapshotTranslator.ExternalNames" />
    public IReadOnlySet<string> ExternalNames => translator.ExternalNames;

    /// <summary>What <see cref="ExternalNames"/> mean; new answers hold from the next load on.</summary>
    public ImmutableDictionary<string, ImmutableArray<IpAddr>> ExternalAddresses
    {
        get => translator.ExternalAddresses;
        set => translator.ExternalAddresses = value;
    }

    /// <summary>Takes what was read the whole way.</summary>
    public PipelineResult Apply(ObjectSet written, IEnumerable<Problem> readProblems)
    {
        controlPlane.NodeAddresses = Node.LoadBalancerAddresses;
        var admitted = controlPlane.Apply(written);
        var changes = ObjectChanges.Between(translator.Objects, admitted.Served);
        var isFirst = translator.Snapshot.Generation == 0;
        var hasChanged = isFirst || !changes.IsEmpty || !ReferenceEquals(Options, _translatedBy) || admitted.Pools.Pools != translator.AddressPools || Node != _translatedFor || ExternalAddresses != _translatedWith;
        translator.AddressPools = admitted.Pools.Pools;
        var snapshot = hasChanged ? translator.Apply(admitted.Served, changes) : translator.Snapshot;
        _translatedBy = Options;
        _translatedFor = Node;
        _translatedWith = ExternalAddresses;
        var problems = readProblems
            .Concat(admitted.Problems)
            .Concat(translator.Problems)
            .Concat(ReferenceCheck.Find(admitted.Served, snapshot))
            .Distinct()
            .OrderBy(problem => problem.Location?.File, StringComparer.Ordinal)
            .ThenBy(problem => problem.Location?.Line)
            .ToList();
        return new PipelineResult(snapshot, hasChanged, admitted.Served, problems, translator.Annotations, admitted.PoolUsage);
    }
}

/// <summary>What became of one load.</summary>
/// <param name="Snapshot">The snapshot to publish.</param>
/// <param name="HasChanged">False when nothing that is served changed; publishing it again would be idle work.</param>
/// <param name="Served">The objects behind it, defaulted and with addresses.</param>
/// <param name="Problems">Everything wrong, from reading to translation.</param>
/// <param name="Annotations">What became of the annotations of each Ingress.</param>
/// <param name="PoolUsage">How much of each pool of load-balancer addresses is given.</param>
public sealed record PipelineResult(
    ProxySnapshot Snapshot,
    bool HasChanged,
    ObjectSet Served,
    IReadOnlyList<Problem> Problems,
    IReadOnlyDictionary<NamespacedName, IReadOnlyList<AnnotationUse>> Annotations,
    IReadOnlyList<PoolUsage> PoolUsage);
