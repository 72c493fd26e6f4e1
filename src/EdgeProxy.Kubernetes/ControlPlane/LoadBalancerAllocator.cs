using System.Collections.Immutable;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>
/// Gives load-balancer addresses out of the pools and remembers them, as a controller in a cluster would by their status: what goes wrong here
/// costs the Service this address and nothing else.
/// </summary>
internal sealed class LoadBalancerAllocator(LoadBalancerOptions options, AllocationMemory memory)
{
    /// <summary>Settles the addresses of accepted Services and remembers them in their holdings.</summary>
    public IReadOnlyList<PoolUsage> Allocate(
        IReadOnlyCollection<ServiceRequest> accepted, IEnumerable<Service> written, AddressSupply supply, ProblemSink problems)
    {
        if (options.UsesNodeAddresses)
        {
            GiveNode(accepted, supply.Node, problems);
            return [];
        }

        var claims = new List<AddressClaim>();
        foreach (var request in accepted.Where(request => MayHave(request.Service, problems)))
        {
            claims.Add(new AddressClaim(request.Service)
            {
                Families = [.. request.Families.Families],
                Held = [.. memory.Of(request.Name).LoadBalancerIPs.Select(IpAddr.From)],
                Request = AddressRequest.Read(request.Service, problems),
                Seed = StableHash.Of(request.Name.ToString()),
                NamespaceLabels = supply.Namespaces.GetValueOrDefault(new NamespacedName("", request.Name.Namespace))?.Metadata.Labels,
            });
        }

        var usage = AddressAllocator.Allocate(claims, supply.Pools, Foreign(accepted, written), problems);
        var given = claims.ToDictionary(claim => claim.Name, claim => claim.Given);
        foreach (var request in accepted)
        {
            request.Result = memory.Of(request.Name) with
            {
                LoadBalancerIPs = [.. given.GetValueOrDefault(request.Name, []).Select(address => address.ToIPAddress())],
            };
            memory.Set(request.Name, request.Result);
        }

        return usage;
    }

    /// <summary>This node is the load balancer of all of them, so there is nothing to remember.</summary>
    private void GiveNode(IReadOnlyCollection<ServiceRequest> accepted, ImmutableArray<IpAddr> node, ProblemSink problems)
    {
        var admission = new NodePortAdmission(options, accepted.Select(request => request.Service));
        foreach (var request in accepted)
        {
            var isGiven = MayHave(request.Service, problems) && admission.Admits(request.Service, problems);
            var addresses = request.Families.Families.SelectMany(family => node.Where(address => isGiven && address.Family == family).Take(1));
            request.Result = memory.Of(request.Name) with { LoadBalancerIPs = [.. addresses.Select(address => address.ToIPAddress())] };
            memory.Set(request.Name, request.Result);
        }
    }

    private bool MayHave(Service service, ProblemSink problems)
    {
        if (service.Spec.Type != "LoadBalancer" || OwnStatus(service).Count > 0)
        {
            return false;
        }

        if (!options.IsOurs(service))
        {
            problems.Note(service, "spec.loadBalancerClass", service.Spec.LoadBalancerClass is { } name
                ? $"no address is given: class \"{name}\" belongs to another controller"
                : "no address is given: --load-balancer-default-class is false");
            return false;
        }

        return true;
    }

    /// <summary>The addresses a manifest brings along; they win over the pools, which know nothing of the balancer behind them.</summary>
    private static IReadOnlyList<LoadBalancerIngress> OwnStatus(Service service) => service.Status?.LoadBalancer?.Ingress ?? [];

    /// <summary>What manifests bring along, and what is held by Services that are refused now: their last accepted version goes on.</summary>
    private Dictionary<IpAddr, NamespacedName> Foreign(IReadOnlyCollection<ServiceRequest> accepted, IEnumerable<Service> written)
    {
        var foreign = new Dictionary<IpAddr, NamespacedName>();
        foreach (var service in written)
        {
            foreach (var entry in OwnStatus(service))
            {
                if (IpAddr.TryParse(entry.Ip, out var address))
                {
                    foreign.TryAdd(address, service.Name);
                }
            }
        }

        var names = accepted.Select(request => request.Name).ToHashSet();
        foreach (var (name, holdings) in memory.Services.Where(entry => !names.Contains(entry.Key)))
        {
            foreach (var address in holdings.LoadBalancerIPs)
            {
                foreign.TryAdd(IpAddr.From(address), name);
            }
        }

        return foreign;
    }
}
