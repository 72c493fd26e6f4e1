using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Pods by namespace and label, so that a selector looks at few of them.</summary>
internal sealed class PodIndex
{
    private readonly Dictionary<(string Namespace, string Key, string Value), List<Pod>> _byLabel = [];

    public PodIndex(ImmutableDictionary<NamespacedName, Pod> pods)
    {
        foreach (var (name, pod) in pods)
        {
            foreach (var (key, value) in pod.Metadata.Labels ?? [])
            {
                var label = (name.Namespace, key, value ?? "");
                if (!_byLabel.TryGetValue(label, out var list))
                {
                    _byLabel.Add(label, list = []);
                }

                list.Add(pod);
            }
        }
    }

    /// <summary>Pods that carry every label of the selector, by name. An empty selector selects nothing: its endpoints are somebody else's.</summary>
    public IReadOnlyList<Pod> Select(string inNamespace, Dictionary<string, string> selector)
    {
        List<Pod>? fewest = null;
        foreach (var (key, value) in selector)
        {
            if (!_byLabel.TryGetValue((inNamespace, key, value ?? ""), out var list))
            {
                return [];
            }

            fewest = fewest is null || list.Count < fewest.Count ? list : fewest;
        }

        return [.. (fewest ?? []).Where(pod => Matches(pod, selector)).OrderBy(pod => pod.Name)];
    }

    private static bool Matches(Pod pod, Dictionary<string, string> selector) => selector.All(pair =>
        (pod.Metadata.Labels ?? []).TryGetValue(pair.Key, out var value) && (value ?? "") == (pair.Value ?? ""));
}
