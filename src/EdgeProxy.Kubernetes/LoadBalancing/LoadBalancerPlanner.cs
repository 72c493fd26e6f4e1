using System.Collections.Immutable;
using System.Net.Sockets;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Status;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>
/// Objects of a cluster → what the status of its Services should say. The status is the memory: who leads next reads there what was given. What
/// belongs to other controllers is left alone, and their addresses are given to nobody. Used by one thread at a time.
/// </summary>
internal sealed class LoadBalancerPlanner(LoadBalancerOptions options)
{
    // What Services of ours were seen or meant to have, to be taken back when they cease to be ours.
    private readonly Dictionary<NamespacedName, ImmutableArray<IpAddr>> _given = [];

    /// <summary>Plans for all of them.</summary>
    /// <param name="objects">Services, and Namespaces for pools that select by their labels.</param>
    /// <param name="pools">The pools.</param>
    /// <param name="nodes">Without pools: the nodes that serve; null: not known, and then nothing is changed.</param>
    public LoadBalancerPlan Plan(ObjectSet objects, AddressPools pools, ServingNodes? nodes)
    {
        var problems = new ProblemSink();
        foreach (var gone in _given.Keys.Where(name => !objects.Services.TryGetValue(name, out var service) || IsTakenBack(service)).ToList())
        {
            _given.Remove(gone);
        }

        pools = WithoutClusterIPs(objects, pools, problems);
        var wanted = new Dictionary<NamespacedName, ImmutableArray<StatusAddress>>();
        var usage = options.UsesNodeAddresses ? PlanNodes(objects, nodes, wanted, problems) : PlanPools(objects, pools, wanted, problems);
        foreach (var service in objects.Services.Values.Where(service => !wanted.ContainsKey(service.Name) && IsLeftBehind(service, pools)))
        {
            wanted.Add(service.Name, []);
        }

        foreach (var (name, addresses) in wanted)
        {
            Remember(name, addresses);
        }

        return new LoadBalancerPlan(wanted, problems.Problems, usage);
    }

    /// <summary>What it had was taken back: whatever comes there from now on is somebody else's, even our own addresses.</summary>
    public void Forget(NamespacedName service) => _given.Remove(service);

    private IReadOnlyList<PoolUsage> PlanPools(
        ObjectSet objects, AddressPools pools, Dictionary<NamespacedName, ImmutableArray<StatusAddress>> wanted, ProblemSink problems)
    {
        var claims = new List<AddressClaim>();
        var foreign = new Dictionary<IpAddr, NamespacedName>();
        foreach (var service in objects.Services.Values)
        {
            var says = AddressesOf(service);
            if (options.IsOurs(service) && !IsSomebodyElses(service, pools.IsComplete, says.Any(address => pools.Of(address) is not null), problems))
            {
                claims.Add(new AddressClaim(service)
                {
                    Families = FamiliesOf(service.Spec),
                    Held = says,
                    Request = AddressRequest.Read(service, problems),
                    NamespaceLabels = objects.Namespaces.GetValueOrDefault(new NamespacedName("", service.Name.Namespace))?.Metadata.Labels,
                });
            }
            else
            {
                foreach (var address in IsLeftBehind(service, pools) ? [] : says)
                {
                    foreign.TryAdd(address, service.Name);
                }
            }
        }

        var usage = AddressAllocator.Allocate(claims, pools, foreign, problems);
        claims.ForEach(claim => wanted.Add(claim.Name, [.. claim.Given.Select(address => StatusAddress.Of(address, "VIP"))]));
        return usage;
    }

    private IReadOnlyList<PoolUsage> PlanNodes(
        ObjectSet objects, ServingNodes? nodes, Dictionary<NamespacedName, ImmutableArray<StatusAddress>> wanted, ProblemSink problems)
    {
        var admission = new NodePortAdmission(options, objects.Services.Values);
        foreach (var service in objects.Services.Values.Where(options.IsOurs))
        {
            var isAdmitted = admission.Admits(service, problems);
            var isOurNode = StatusAddress.Of(service).Any(entry => entry.IpMode == "Proxy" || nodes?.Has(entry.Ip) is true);
            if (nodes is not null && !IsSomebodyElses(service, isSure: true, isOurNode, problems))
            {
                wanted.Add(service.Name, isAdmitted ? nodes.AddressesFor(service, FamiliesOf(service.Spec)) : []);
            }
        }

        return [];
    }

    /// <summary>
    /// A Service without class whose status says what we never gave has another controller, whatever we were told: two that both write would
    /// never end.
    /// </summary>
    private bool IsSomebodyElses(Service service, bool isSure, bool saysOurs, ProblemSink problems)
    {
        var entries = service.Status?.LoadBalancer?.Ingress ?? [];
        if (service.Spec.LoadBalancerClass is not null || entries.Count == 0 || !isSure || saysOurs || _given.ContainsKey(service.Name))
        {
            return false;
        }

        problems.Warning(
            service,
            "status.loadBalancer",
            $"left alone: another controller seems to have written {string.Join(", ", entries.Select(entry => entry.Ip ?? entry.Hostname))}, which is not ours to give; with spec.loadBalancerClass \"{options.Class}\" it is given an address here",
            ProblemReason.AllocationFailed);
        return true;
    }

    /// <summary>True when it is not ours any more, and what it says is what we gave and nobody else has touched.</summary>
    private bool IsLeftBehind(Service service, AddressPools pools)
    {
        if (options.IsOurs(service) || service.Status?.LoadBalancer?.Ingress is not { Count: > 0 } entries)
        {
            return false;
        }

        var says = AddressesOf(service);
        return says.Length == entries.Count
            && ((_given.TryGetValue(service.Name, out var given) && says.All(given.Contains))
                || (service.Spec.Type != "LoadBalancer" && says.All(address => pools.Of(address) is not null)));
    }

    /// <summary>True when nothing of ours is left, because another replica has seen to it.</summary>
    private bool IsTakenBack(Service service) => !options.IsOurs(service) && service.Status?.LoadBalancer?.Ingress is not { Count: > 0 };

    private void Remember(NamespacedName name, ImmutableArray<StatusAddress> addresses)
    {
        // While there is nothing to give, what was given stays known, or nobody would take it back.
        if (!addresses.IsEmpty)
        {
            _given[name] = [.. addresses.Select(address => IpAddr.Parse(address.Ip!))];
        }
    }

    /// <summary>Nobody tells the range of cluster IPs, but a cluster IP in a pool shows that the two overlap.</summary>
    private static AddressPools WithoutClusterIPs(ObjectSet objects, AddressPools pools, ProblemSink problems)
    {
        var wrong = new HashSet<AddressPool>();
        foreach (var service in pools.Pools.IsEmpty ? [] : objects.Services.Values)
        {
            foreach (var text in service.Spec.ClusterIPs ?? [])
            {
                if (IpAddr.TryParse(text, out var address) && pools.Of(address) is { } pool && wrong.Add(pool))
                {
                    problems.Add(new Problem(
                        ProblemSeverity.Error, null, null, null, $"pool \"{pool.Name}\" contains {address}, the cluster IP of Service {service.Name}; the pool is left out", null));
                }
            }
        }

        return pools.Without(wrong);
    }

    private static ImmutableArray<AddressFamily> FamiliesOf(ServiceSpec spec) => spec.IpFamilies is { Count: > 0 } names
        ? [.. names.Select(name => name == "IPv6" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)]
        : [.. (spec.ClusterIPs ?? [spec.ClusterIP ?? ""]).Select(text => IpAddr.TryParse(text, out var address) ? address.Family : AddressFamily.InterNetwork).Distinct()];

    private static ImmutableArray<IpAddr> AddressesOf(Service service) =>
        [.. (service.Status?.LoadBalancer?.Ingress ?? []).Select(entry => IpAddr.TryParse(entry.Ip, out var address) ? address : (IpAddr?)null).OfType<IpAddr>()];
}
