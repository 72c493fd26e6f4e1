using System.Collections.Immutable;
using System.Net.Sockets;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>One address by value, and the field that asks for it.</summary>
internal readonly record struct WantedAddress(IpAddr Address, string Field);

/// <summary>What a Service says about its load-balancer addresses: <c>spec.loadBalancerIP</c> and annotations, ours and MetalLB's.</summary>
internal sealed record AddressRequest
{
    // In order of rank. The last is that of MetalLB before 0.15.
    private static readonly string[] AddressNames = ["edgeproxy.io/load-balancer-ips", "metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs"];
    private static readonly string[] PoolNames = ["edgeproxy.io/address-pool", "metallb.io/address-pool", "metallb.universe.tf/address-pool"];
    private static readonly string[] SharingNames = ["edgeproxy.io/allow-shared-ip", "metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip"];

    /// <summary>Nothing in particular.</summary>
    public static AddressRequest None { get; } = new();

    /// <summary>Addresses by value, at most one a family.</summary>
    public ImmutableArray<WantedAddress> Addresses { get; init; } = [];

    /// <summary>The only pool to take from; null: any.</summary>
    public string? Pool { get; init; }

    /// <summary>The field that names <see cref="Pool"/>.</summary>
    public string PoolField { get; init; } = "";

    /// <summary>Services with the same key may have the same address; null: shares with nobody.</summary>
    public string? SharingKey { get; init; }

    /// <summary>False: it cannot be read, which is reported. The Service keeps what it has and is given nothing new.</summary>
    public bool IsReadable { get; init; } = true;

    /// <summary>The address of that family it asks for.</summary>
    public WantedAddress? Of(AddressFamily family) =>
        Addresses.Where(wanted => wanted.Address.Family == family).Select(wanted => (WantedAddress?)wanted).FirstOrDefault();

    /// <summary>Reads it; what cannot be read is reported.</summary>
    public static AddressRequest Read(Service service, ProblemSink problems)
    {
        var pool = Find(service, PoolNames);
        var request = new AddressRequest
        {
            Pool = pool?.Value,
            PoolField = pool?.Field ?? "",
            SharingKey = Find(service, SharingNames)?.Value,
        };
        var annotated = Find(service, AddressNames);
        var texts = annotated is { } found
            ? found.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : string.IsNullOrEmpty(service.Spec.LoadBalancerIP) ? [] : [service.Spec.LoadBalancerIP];
        return texts.Length == 0 ? request : request.With(texts, annotated?.Field ?? "spec.loadBalancerIP", service, problems);
    }

    private AddressRequest With(string[] texts, string field, Service service, ProblemSink problems)
    {
        var addresses = ImmutableArray.CreateBuilder<WantedAddress>();
        var isReadable = true;
        foreach (var text in texts)
        {
            if (!Validation.AddressRules.TryParseAddress(text, out var parsed))
            {
                problems.Error(service, field, $"Invalid value: \"{text}\": {Validation.AddressRules.NotAnAddress}", ProblemReason.AllocationFailed);
                isReadable = false;
            }
            else if (addresses.Any(other => other.Address.Family == parsed.AddressFamily))
            {
                problems.Error(service, field, $"Invalid value: \"{text}\": only one address of a family can be had", ProblemReason.AllocationFailed);
                isReadable = false;
            }
            else
            {
                addresses.Add(new WantedAddress(IpAddr.From(parsed), field));
            }
        }

        return this with { Addresses = isReadable ? addresses.ToImmutable() : [], IsReadable = isReadable };
    }

    private static (string Field, string Value)? Find(Service service, string[] names)
    {
        foreach (var name in names)
        {
            if (service.Metadata.Annotations?.GetValueOrDefault(name)?.Trim() is { Length: > 0 } value)
            {
                return ($"metadata.annotations[{name}]", value);
            }
        }

        return null;
    }
}
