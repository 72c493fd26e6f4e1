using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.State;

/// <summary>The last-good state of an earlier run: what its informers held, Secrets aside.</summary>
/// <param name="Objects">The objects.</param>
/// <param name="SavedAt">When the newest of them were saved.</param>
public sealed record RecalledState(ObjectSet Objects, DateTimeOffset SavedAt)
{
    /// <summary>
    /// What the server lists, with the recalled instance of every object that is the same version still, so that only what changed meanwhile is
    /// translated again.
    /// </summary>
    internal static ObjectSet Replace(ObjectSet recalled, ObjectSet listed)
    {
        Keep(ObjectSlots.Services);
        Keep(ObjectSlots.EndpointSlices);
        Keep(ObjectSlots.Ingresses);
        Keep(ObjectSlots.IngressClasses);
        Keep(ObjectSlots.ConfigMaps);
        Keep(ObjectSlots.Nodes);
        Keep(ObjectSlots.Namespaces);
        return listed;

        void Keep<T>(ObjectSlot<T> slot)
            where T : KubernetesObject
        {
            var before = slot.Get(recalled);
            var same = slot.Get(listed).Where(entry => before.TryGetValue(entry.Key, out var old) && IsSame(old.Metadata, entry.Value.Metadata));
            listed = slot.Set(listed, slot.Get(listed).SetItems(same.Select(entry => KeyValuePair.Create(entry.Key, before[entry.Key]))));
        }
    }

    private static bool IsSame(ObjectMeta old, ObjectMeta now) =>
        old.ResourceVersion is not null && old.ResourceVersion == now.ResourceVersion && old.Uid == now.Uid;
}
