using System.Collections.Immutable;
using System.Net;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>One entry of status.loadBalancer.ingress: an address or a name, of a Service's address with its ipMode (KEP-1860).</summary>
internal readonly record struct StatusAddress(string? Ip, string? Hostname, string? IpMode = null) : IComparable<StatusAddress>
{
    /// <summary>The entry of a Service.</summary>
    public static StatusAddress Of(IpAddr address, string ipMode) => new(address.ToString(), null, ipMode);

    /// <summary>An address when the text is one, else a name.</summary>
    public static StatusAddress Of(string text) => IPAddress.TryParse(text, out _) ? new(text, null) : new(null, text);

    /// <summary>Addresses before names, each in ordinal order.</summary>
    public int CompareTo(StatusAddress other)
    {
        var byKind = (Ip is null).CompareTo(other.Ip is null);
        return byKind != 0 ? byKind : string.CompareOrdinal(Ip ?? Hostname, other.Ip ?? other.Hostname);
    }

    /// <summary>Without repetitions and in order, so that the same addresses are the same status.</summary>
    public static ImmutableArray<StatusAddress> List(IEnumerable<StatusAddress> addresses) => [.. addresses.Distinct().Order()];

    /// <summary>What a Service says now. An ipMode that is absent is VIP.</summary>
    public static ImmutableArray<StatusAddress> Of(Service service) =>
        [.. (service.Status?.LoadBalancer?.Ingress ?? []).Select(entry => new StatusAddress(entry.Ip, entry.Hostname, entry.Ip is null ? null : entry.IpMode ?? "VIP"))];

    /// <summary>What an Ingress says now.</summary>
    public static ImmutableArray<StatusAddress> Of(Ingress ingress) =>
        List((ingress.Status?.LoadBalancer?.Ingress ?? []).Select(entry => new StatusAddress(entry.Ip, entry.Hostname)));
}
