using System.Collections.Immutable;

namespace EdgeProxy.Model.Eligibility;

/// <summary>Which endpoints of one service port may be used from this node, for one address family. Computed once a snapshot.</summary>
/// <remarks>The rules are kube-proxy's CategorizeEndpoints; KEP-1669 (terminating), KEP-2433 and KEP-3015 (hints).</remarks>
public sealed class EligibleEndpoints
{
    /// <summary>Nothing at all.</summary>
    public static EligibleEndpoints None { get; } = new([], [], usableAnywhere: false);

    private EligibleEndpoints(ImmutableArray<Backend> cluster, ImmutableArray<Backend> local, bool usableAnywhere)
    {
        Cluster = cluster;
        Local = local;
        UsableAnywhere = usableAnywhere;
    }

    /// <summary>For traffic policy Cluster.</summary>
    public ImmutableArray<Backend> Cluster { get; }

    /// <summary>For traffic policy Local.</summary>
    public ImmutableArray<Backend> Local { get; }

    /// <summary>True when some endpoint, here or elsewhere, could serve: an empty set then means silence, not refusal.</summary>
    public bool UsableAnywhere { get; }

    /// <summary>Applies the rules. <paramref name="backends"/> runs parallel to <paramref name="endpoints"/>.</summary>
    public static EligibleEndpoints Compute(IReadOnlyList<Endpoint> endpoints, IReadOnlyList<Backend> backends, LocalNode node)
    {
        if (endpoints.Count == 0)
        {
            return None;
        }

        var ready = Where(endpoints, endpoint => endpoint.Ready);
        var cluster = ready.Count > 0
            ? NarrowByHints(endpoints, ready, node)
            : Where(endpoints, endpoint => endpoint.Serving && endpoint.Terminating);

        var local = ready.FindAll(index => node.Runs(endpoints[index]));
        if (local.Count == 0)
        {
            local = Where(endpoints, endpoint => node.Runs(endpoint) && endpoint.Serving && endpoint.Terminating);
        }

        return new EligibleEndpoints(Pick(backends, cluster), Pick(backends, local), endpoints.Any(endpoint => endpoint.IsUsable));
    }

    /// <summary>Node hints first, then zone hints; a hint kind counts only when every ready endpoint carries it and one names us.</summary>
    private static List<int> NarrowByHints(IReadOnlyList<Endpoint> endpoints, List<int> ready, LocalNode node) =>
        Narrow(endpoints, ready, endpoint => endpoint.NodeHints, node.Name)
        ?? Narrow(endpoints, ready, endpoint => endpoint.ZoneHints, node.Zone)
        ?? ready;

    private static List<int>? Narrow(
        IReadOnlyList<Endpoint> endpoints, List<int> ready, Func<Endpoint, ImmutableArray<string>> hints, string? own)
    {
        if (own is null || ready.Exists(index => hints(endpoints[index]).IsEmpty))
        {
            return null;
        }

        var narrowed = ready.FindAll(index => hints(endpoints[index]).Contains(own));
        return narrowed.Count > 0 ? narrowed : null;
    }

    private static List<int> Where(IReadOnlyList<Endpoint> endpoints, Predicate<Endpoint> wanted)
    {
        var indexes = new List<int>(endpoints.Count);
        for (var i = 0; i < endpoints.Count; i++)
        {
            if (wanted(endpoints[i]))
            {
                indexes.Add(i);
            }
        }

        return indexes;
    }

    private static ImmutableArray<Backend> Pick(IReadOnlyList<Backend> backends, List<int> indexes) => [.. indexes.Select(index => backends[index])];
}
