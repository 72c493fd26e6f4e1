using System.Collections.Immutable;
using System.Net.Sockets;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>One Service that is to have load-balancer addresses, one for each of its families.</summary>
internal sealed class AddressClaim : IComparable<AddressClaim>
{
    private readonly HashSet<(string Protocol, int Port)> _ports;

    public AddressClaim(Service service)
    {
        Service = service;
        Name = service.Name;
        _ports = [.. (service.Spec.Ports ?? []).Select(port => (string.IsNullOrEmpty(port.Protocol) ? "TCP" : port.Protocol, port.Port ?? 0))];
    }

    public Service Service { get; }

    public NamespacedName Name { get; }

    /// <summary>Families it has cluster IPs of, primary first.</summary>
    public required ImmutableArray<AddressFamily> Families { get; init; }

    /// <summary>What it had until now: from its status, or from our own memory.</summary>
    public ImmutableArray<IpAddr> Held { get; init; } = [];

    /// <summary>What it asks for.</summary>
    public AddressRequest Request { get; init; } = AddressRequest.None;

    /// <summary>Labels of its Namespace; null when they are not known.</summary>
    public IReadOnlyDictionary<string, string>? NamespaceLabels { get; init; }

    /// <summary>
    /// Where in a range to look first; null: at its beginning, as everybody does who has a status to remember by. Without one, addresses that
    /// depend on the name alone are the same after a restart, whoever came or went.
    /// </summary>
    public ulong? Seed { get; init; }

    /// <summary>What it is given, at most one a family.</summary>
    public List<IpAddr> Given { get; } = [];

    public bool Has(AddressFamily family) => Given.Exists(address => address.Family == family);

    /// <summary>True when the pool may serve it. One that is asked for by name need not assign by itself.</summary>
    public bool MayUse(AddressPool pool) =>
        (Request.Pool is not { } wanted || pool.Name == wanted) && pool.Admits(Name.Namespace, NamespaceLabels, Service.Metadata.Labels);

    /// <summary>
    /// True when both may have one address: the same key, no port of both, and the nodes that serve the one serve the other, which is so
    /// when both may be served from every node, or have the same pods.
    /// </summary>
    public bool SharesWith(AddressClaim other) =>
        Request.SharingKey is { } key && key == other.Request.SharingKey
        && !_ports.Overlaps(other._ports)
        && ((!IsLocal && !other.IsLocal) || HasSamePods(other));

    /// <summary>Older first, those without an age last; then by name.</summary>
    public int CompareTo(AddressClaim? other)
    {
        if (other is null)
        {
            return 1;
        }

        var byAge = (Service.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue).CompareTo(other.Service.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue);
        return byAge != 0 ? byAge : Name.CompareTo(other.Name);
    }

    private bool IsLocal => Service.Spec.ExternalTrafficPolicy == "Local";

    private bool HasSamePods(AddressClaim other) =>
        Name.Namespace == other.Name.Namespace
        && Service.Spec.Selector is { Count: > 0 } own && other.Service.Spec.Selector is { } others
        && own.Count == others.Count && own.All(label => others.TryGetValue(label.Key, out var value) && value == label.Value);
}
