using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>Makes the next object set from the one before and notes the names of what changed. Not thread-safe.</summary>
internal sealed class ObjectSetUpdate(ObjectSet before)
{
    /// <summary>The set as it is now.</summary>
    public ObjectSet Objects { get; private set; } = before;

    /// <summary>What changed so far.</summary>
    public ObjectChanges Changes { get; private set; } = new();

    /// <summary>The events behind it.</summary>
    public List<Receipt> Receipts { get; } = [];

    /// <summary>What is wrong with objects that were looked at; an empty list: nothing any more.</summary>
    public Dictionary<(string Kind, NamespacedName Name), IReadOnlyList<Problem>> Refused { get; } = [];

    /// <summary>Puts changes in; a null object is one that went.</summary>
    public void Apply<T>(ObjectSlot<T> slot, IEnumerable<KeyValuePair<NamespacedName, T?>> changes)
        where T : KubernetesObject
    {
        var objects = slot.Get(Objects).ToBuilder();
        var names = new List<NamespacedName>();
        foreach (var (name, item) in changes)
        {
            if (item is not null)
            {
                objects[name] = item;
            }
            else if (!objects.Remove(name))
            {
                continue;
            }

            names.Add(name);
        }

        if (names.Count > 0)
        {
            Objects = slot.Set(Objects, objects.ToImmutable());
            Changes = slot.Mark(Changes, [.. names]);
        }
    }
}
