using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>A status that should be another.</summary>
/// <param name="Subject">The object as it was read.</param>
/// <param name="Addresses">What it should say; empty: nothing.</param>
internal sealed record StatusChange<T>(T Subject, ImmutableArray<StatusAddress> Addresses)
    where T : KubernetesObject;

/// <summary>Objects → the statuses that should be others. Pure.</summary>
internal static class StatusPlan
{
    /// <summary>
    /// Every Ingress that is served says <paramref name="addresses"/>. One that was ours and is not any more says nothing, unless somebody else
    /// has written there since.
    /// </summary>
    public static IEnumerable<StatusChange<Ingress>> Between(ClusterState state, IReadOnlySet<NamespacedName> formerlyOurs, ImmutableArray<StatusAddress> addresses)
    {
        foreach (var (name, ingress) in state.Objects.Ingresses)
        {
            var current = StatusAddress.Of(ingress);
            if (IsOurs(state, name))
            {
                if (!current.SequenceEqual(addresses))
                {
                    yield return new StatusChange<Ingress>(ingress, addresses);
                }
            }
            else if (formerlyOurs.Contains(name) && !current.IsEmpty && current.All(addresses.Contains))
            {
                yield return new StatusChange<Ingress>(ingress, []);
            }
        }
    }

    /// <summary>What to write when nobody is left to serve: every status that is ours says nothing. <paramref name="says"/> is what one says now.</summary>
    public static IEnumerable<StatusChange<Ingress>> Clear(
        ClusterState state, ImmutableArray<StatusAddress> addresses, Func<Ingress, ImmutableArray<StatusAddress>> says) =>
        from pair in state.Objects.Ingresses
        let current = says(pair.Value)
        where IsOurs(state, pair.Key) && !current.IsEmpty && current.All(addresses.Contains)
        select new StatusChange<Ingress>(pair.Value, []);

    /// <summary>True when this replica serves the Ingress.</summary>
    public static bool IsOurs(ClusterState state, NamespacedName name) => state.Snapshot.Routes.Ingresses.ContainsKey(name);
}
