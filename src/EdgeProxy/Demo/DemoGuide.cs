using EdgeProxy.Demo.Guide;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Demo;

/// <summary>What the demo prints to paste: how to reach each thing it serves, grouped and aligned, in the order of the files.</summary>
public static class DemoGuide
{
    /// <summary>Lines of one group; a longer one ends with a count of the rest.</summary>
    public const int MaxLinesPerGroup = 12;

    // Longer names push their own line to the right, not everybody's.
    private const int MaxLabelWidth = 28;

    /// <summary>Pure: the same objects give the same lines.</summary>
    /// <param name="served">The objects, with addresses and node ports allocated.</param>
    /// <param name="httpPort">Where Ingresses are served on 127.0.0.1.</param>
    /// <param name="httpsPort">The same for TLS; null when TLS is not served.</param>
    public static IReadOnlyList<string> Lines(ObjectSet served, int httpPort, int? httpsPort)
    {
        var behindIngresses = BackendsOf(served.Ingresses.Values);
        var services = InFileOrder(served.Services.Values)
            .Where(service => !behindIngresses.Contains(service.Name) || service.Spec.Type is "NodePort" or "LoadBalancer")
            .Select(service => ServiceHints.Of(service, Label(service)))
            .OfType<(TransportProtocol Protocol, Hint Hint)>()
            .ToLookup(service => service.Protocol, service => service.Hint);
        var ingresses = InFileOrder(served.Ingresses.Values).SelectMany(ingress => IngressHints.Of(ingress, Label(ingress), httpPort, httpsPort));

        (string Title, List<Hint> Hints)[] groups =
        [
            ("Services", [.. services[TransportProtocol.Tcp]]),
            ("UDP", [.. services[TransportProtocol.Udp]]),
            ("Ingresses", [.. ingresses]),
        ];
        var width = groups.SelectMany(group => group.Hints).Select(hint => hint.Label.Length).Where(length => length <= MaxLabelWidth)
            .DefaultIfEmpty().Max();
        return [.. groups.Where(group => group.Hints.Count > 0).SelectMany(group => Format(group.Title, group.Hints, width))];
    }

    private static IEnumerable<string> Format(string title, List<Hint> hints, int width)
    {
        yield return title;
        var shown = hints.Count > MaxLinesPerGroup ? MaxLinesPerGroup - 1 : hints.Count;
        foreach (var hint in hints.Take(shown))
        {
            yield return $"  {hint.Label.PadRight(width)}  {hint.Command}";
        }

        if (shown < hints.Count)
        {
            yield return $"  … and {hints.Count - shown} more";
        }
    }

    // Reached through their Ingress, which is listed.
    private static HashSet<NamespacedName> BackendsOf(IEnumerable<Ingress> ingresses) => ingresses
        .SelectMany(ingress => (ingress.Spec.Rules ?? [])
            .SelectMany(rule => rule.Http?.Paths ?? [])
            .Select(path => path.Backend)
            .Append(ingress.Spec.DefaultBackend)
            .Where(backend => backend?.Service?.Name is not null)
            .Select(backend => ingress.Name with { Name = backend!.Service!.Name! }))
        .ToHashSet();

    private static IEnumerable<T> InFileOrder<T>(IEnumerable<T> objects)
        where T : KubernetesObject => objects
        .Select(item => (Item: item, Place: item.Origin?.Locate(field: null) ?? default(SourceLocation)))
        .OrderBy(entry => entry.Place.File, StringComparer.Ordinal)
        .ThenBy(entry => entry.Place.Line)
        .ThenBy(entry => entry.Item.Name)
        .Select(entry => entry.Item);

    private static string Label(KubernetesObject item) =>
        Shell.Printable(item.Name.Namespace is "default" or "" ? item.Name.Name : item.Name.ToString());
}
