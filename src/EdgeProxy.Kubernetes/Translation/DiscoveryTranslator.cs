using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using EdgeProxy.Model.Discovery;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Services, their EndpointSlices, pods and namespaces → the names DNS answers from. Looks only at what changed.</summary>
internal sealed class DiscoveryTranslator(DiscoveryTable previous, ObjectSet before, ObjectSet after)
{
    private readonly DiscoveryBuilder _builder = new(previous);

    /// <summary>Translates what changed.</summary>
    /// <param name="changes">The names that differ between the two sets.</param>
    /// <param name="services">Services that changed themselves or whose slices did.</param>
    /// <param name="slicesOf">The slices of a Service, now.</param>
    public void Apply(ObjectChanges changes, IEnumerable<NamespacedName> services, Func<NamespacedName, List<EndpointSlice>> slicesOf)
    {
        foreach (var name in services)
        {
            if (after.Services.TryGetValue(name, out var service))
            {
                _builder.SetService(Translate(service, slicesOf(name)));
            }
            else
            {
                _builder.RemoveService(name);
            }
        }

        foreach (var name in changes.Pods)
        {
            AddressesOf(before.Pods.GetValueOrDefault(name)).ForEach(_builder.RemovePod);
            AddressesOf(after.Pods.GetValueOrDefault(name)).ForEach(_builder.AddPod);
        }

        foreach (var name in changes.Namespaces)
        {
            if (before.Namespaces.ContainsKey(name))
            {
                _builder.RemoveNamespace(name.Name);
            }

            if (after.Namespaces.ContainsKey(name))
            {
                _builder.AddNamespace(name.Name);
            }
        }
    }

    /// <summary>The names now.</summary>
    public DiscoveryTable Build() => _builder.Build();

    /// <summary>The addresses by which a pod has names: a pod that ended has given its address back.</summary>
    private static List<PodAddress> AddressesOf(Pod? pod)
    {
        if (pod is null or { Status.Phase: "Succeeded" or "Failed" })
        {
            return [];
        }

        var texts = pod.Status?.PodIPs is { Count: > 0 } many ? many.Select(each => each.Ip) : [pod.Status?.PodIP];
        return [.. Addresses(texts).Select(address => new PodAddress(pod.Name.Namespace, address))];
    }

    private static NamedService Translate(Service service, List<EndpointSlice> slices)
    {
        var spec = service.Spec;
        var isExternal = spec.Type is "ExternalName";
        return new NamedService
        {
            Name = service.Name,
            ClusterIPs = isExternal ? [] : [.. Addresses(spec.ClusterIPs?.AsEnumerable<string?>() ?? [spec.ClusterIP])],
            ExternalName = isExternal ? (spec.ExternalName ?? "").TrimEnd('.') : null,
            Ports = [.. (spec.Ports ?? []).Select(port => Port(port.Name, port.Protocol, port.Port)).OfType<NamedPort>()],
            Endpoints = isExternal ? [] : Endpoints(slices, spec.PublishNotReadyAddresses is true),
        };
    }

    /// <summary>Sorted, so that the order of slices does not matter; an endpoint in two slices has the ports of both.</summary>
    private static ImmutableArray<NamedEndpoint> Endpoints(List<EndpointSlice> slices, bool publishNotReady)
    {
        var found = new SortedDictionary<(string Name, IpAddr Address), ImmutableArray<NamedPort>>();
        foreach (var slice in slices.Where(slice => slice.AddressType is "IPv4" or "IPv6"))
        {
            ImmutableArray<NamedPort> ports = [.. (slice.Ports ?? []).Select(port => Port(port.Name, port.Protocol, port.Port)).OfType<NamedPort>()];
            foreach (var endpoint in slice.Endpoints ?? [])
            {
                var ready = publishNotReady || endpoint.Conditions?.Ready is not false;
                if (!ready || endpoint.Addresses is not [var text, ..] || !IpAddr.TryParse(text, out var address))
                {
                    continue;
                }

                var key = (NameOf(endpoint, address), address);
                found[key] = found.TryGetValue(key, out var others) ? [.. others.Union(ports)] : ports;
            }
        }

        return [.. found.Select(entry => new NamedEndpoint(entry.Key.Name, entry.Key.Address, entry.Value))];
    }

    /// <summary>The schema leaves the name of an endpoint without hostname open; this is CoreDNS's. A label must not end in a dash.</summary>
    private static string NameOf(SliceEndpoint endpoint, IpAddr address)
    {
        if (!string.IsNullOrEmpty(endpoint.Hostname))
        {
            return endpoint.Hostname.ToLowerInvariant();
        }

        var name = address.ToString().Replace('.', '-').Replace(':', '-');
        return name.EndsWith('-') ? name + "0" : name;
    }

    private static NamedPort? Port(string? name, string? protocol, int? number) => number is > 0 and <= ushort.MaxValue
        ? new NamedPort((name ?? "").ToLowerInvariant(), (protocol ?? "TCP").ToLowerInvariant(), (ushort)number)
        : null;

    private static IEnumerable<IpAddr> Addresses(IEnumerable<string?> texts) =>
        texts.Select(text => IpAddr.TryParse(text, out var address) ? address : (IpAddr?)null).OfType<IpAddr>().Distinct();
}
