using System.Collections.Immutable;
using System.Text.Json;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>
/// Adds the slices that controllers would make to those that are written. What did not change keeps its reference: a Service is looked
/// at again only when it, its pods or the nodes changed, and a slice that came out equal is the old object.
/// </summary>
internal sealed class EndpointController(ControlPlaneOptions options)
{
    private readonly Dictionary<NamespacedName, Made> _fromPods = [];
    private readonly Dictionary<NamespacedName, (Endpoints Source, IReadOnlyList<EndpointSlice> Slices)> _mirrored = [];
    private ImmutableDictionary<NamespacedName, Pod> _pods = ImmutableDictionary<NamespacedName, Pod>.Empty;
    private PodIndex _index = new(ImmutableDictionary<NamespacedName, Pod>.Empty);
    private ImmutableDictionary<NamespacedName, EndpointSlice> _served = ImmutableDictionary<NamespacedName, EndpointSlice>.Empty;

    /// <summary>Completes the slices of <paramref name="accepted"/> and drops the Endpoints that a controller would overwrite.</summary>
    public ObjectSet Apply(ObjectSet accepted, ProblemSink problems)
    {
        if (!ReferenceEquals(_pods, accepted.Pods))
        {
            _pods = accepted.Pods;
            _index = new PodIndex(_pods);
        }

        foreach (var pod in accepted.Pods.Values)
        {
            EndpointWeight.Of(pod, problems);
        }

        var made = new List<EndpointSlice>();
        foreach (var service in accepted.Services.Values.Where(HasSelector))
        {
            made.AddRange(FromPods(service, accepted.Nodes));
        }

        var endpoints = accepted.Endpoints;
        foreach (var source in accepted.Endpoints.Values)
        {
            if (!accepted.Services.TryGetValue(source.Name, out var service))
            {
                problems.Note(source, null, "not used: there is no Service of this name");
            }
            else if (HasSelector(service))
            {
                problems.Note(source, null, "not used: the Service has a selector, so its endpoints are made from pods");
                endpoints = endpoints.Remove(source.Name);
            }
            else if (MirroredEndpoints.IsMirrored(source))
            {
                made.AddRange(Mirrored(source));
            }
        }

        Forget(accepted);
        return accepted with { Endpoints = endpoints, EndpointSlices = Serve(accepted.EndpointSlices, made) };
    }

    private static bool HasSelector(Service service) => service.Spec.Type != "ExternalName" && service.Spec.Selector is { Count: > 0 };

    private IReadOnlyList<EndpointSlice> FromPods(Service service, ImmutableDictionary<NamespacedName, Node> nodes)
    {
        var name = service.Name;
        var before = _fromPods.GetValueOrDefault(name);
        var mayStay = before is not null && ReferenceEquals(before.Service, service) && ReferenceEquals(before.Nodes, nodes);
        if (mayStay && ReferenceEquals(before!.Index, _index))
        {
            return before.Slices;
        }

        var pods = _index.Select(name.Namespace, service.Spec.Selector!);
        if (mayStay && before!.Pods.SequenceEqual(pods))
        {
            _fromPods[name] = before with { Index = _index };
            return before.Slices;
        }

        var slices = WithOldReferences(PodEndpoints.Build(service, pods, nodes, options.PodsWithoutConditionsAreReady));
        _fromPods[name] = new Made(service, _index, pods, nodes, slices);
        return slices;
    }

    private IReadOnlyList<EndpointSlice> Mirrored(Endpoints source)
    {
        if (_mirrored.TryGetValue(source.Name, out var before) && ReferenceEquals(before.Source, source))
        {
            return before.Slices;
        }

        var slices = WithOldReferences(MirroredEndpoints.Build(source));
        _mirrored[source.Name] = (source, slices);
        return slices;
    }

    private IReadOnlyList<EndpointSlice> WithOldReferences(IEnumerable<EndpointSlice> slices) =>
        [.. slices.Select(slice => _served.TryGetValue(slice.Name, out var old) && IsSame(old, slice) ? old : slice)];

    // Comparing the JSON cannot forget a field, and happens only where something changed.
    private static bool IsSame(EndpointSlice left, EndpointSlice right) =>
        JsonSerializer.SerializeToUtf8Bytes(left, ControlPlaneJson.Default.EndpointSlice).AsSpan()
            .SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(right, ControlPlaneJson.Default.EndpointSlice));

    // A made slice whose name is taken by a written one gives way: the written one is what the user sees in his files.
    private ImmutableDictionary<NamespacedName, EndpointSlice> Serve(
        ImmutableDictionary<NamespacedName, EndpointSlice> written, List<EndpointSlice> made)
    {
        if (made.Count == 0)
        {
            return _served = written;
        }

        var next = _served.ToBuilder();
        var names = made.Select(slice => slice.Name).Concat(written.Keys).ToHashSet();
        next.RemoveRange(_served.Keys.Where(name => !names.Contains(name)));
        foreach (var slice in made.Where(slice => !written.ContainsKey(slice.Name)).Concat(written.Values))
        {
            if (!next.TryGetValue(slice.Name, out var old) || !ReferenceEquals(old, slice))
            {
                next[slice.Name] = slice;
            }
        }

        return _served = next.ToImmutable();
    }

    private void Forget(ObjectSet accepted)
    {
        foreach (var gone in _fromPods.Keys.Where(name => !accepted.Services.ContainsKey(name)).ToList())
        {
            _fromPods.Remove(gone);
        }

        foreach (var gone in _mirrored.Keys.Where(name => !accepted.Endpoints.ContainsKey(name)).ToList())
        {
            _mirrored.Remove(gone);
        }
    }

    private sealed record Made(
        Service Service,
        PodIndex Index,
        IReadOnlyList<Pod> Pods,
        ImmutableDictionary<NamespacedName, Node> Nodes,
        IReadOnlyList<EndpointSlice> Slices);
}
