using System.Net;
using System.Net.Sockets;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Validation;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>
/// Gives load-balancer addresses out of the pool, as a controller in a cluster would: what goes wrong here costs the Service this
/// address and nothing else.
/// </summary>
internal sealed class LoadBalancerAllocator(ControlPlaneOptions options, AllocationMemory memory, AllocationLedger ledger)
{
    private const string Field = "spec.loadBalancerIP";

    /// <summary>Settles the addresses of accepted Services and remembers them in their holdings.</summary>
    public void Allocate(IReadOnlyCollection<ServiceRequest> accepted, IEnumerable<Service> written, ProblemSink problems)
    {
        var inStatus = written.SelectMany(OwnStatus).Select(entry => AddressRules.TryParseAddress(entry.Ip, out var address) ? address : null)
            .OfType<IPAddress>().ToHashSet();
        var open = new List<(ServiceRequest Request, IPAddress? Wish)>();
        foreach (var request in accepted)
        {
            var wish = Wish(request, inStatus, problems, out var mayHave);
            Keep(request, mayHave, wish);
            if (mayHave)
            {
                open.Add((request, wish));
            }
        }

        open.Sort((left, right) => ServiceRequest.ByAge(left.Request, right.Request));
        open.RemoveAll(entry => entry.Wish is { } wish && !TryGrantWish(entry.Request, wish, problems));
        foreach (var (request, _) in open.OrderBy(entry => entry.Request.Name))
        {
            GrantHashed(request, inStatus, problems);
        }
    }

    /// <summary>The addresses a manifest brings along; they win over the pool, which knows nothing of the balancer behind them.</summary>
    public static IReadOnlyList<LoadBalancerIngress> OwnStatus(Service service) => service.Status?.LoadBalancer?.Ingress ?? [];

    private IPAddress? Wish(ServiceRequest request, HashSet<IPAddress> inStatus, ProblemSink problems, out bool mayHave)
    {
        mayHave = request.Spec.Type == "LoadBalancer" && OwnStatus(request.Service).Count == 0 && IsOurClass(request, problems);
        if (!mayHave || string.IsNullOrEmpty(request.Spec.LoadBalancerIP))
        {
            return null;
        }

        // From here on the wish decides: no address at all rather than one that nobody asked for.
        mayHave = false;
        var text = request.Spec.LoadBalancerIP;
        if (!AddressRules.TryParseAddress(text, out var wish))
        {
            problems.Error(request.Service, Field, $"Invalid value: \"{text}\": {AddressRules.NotAnAddress}", ProblemReason.AddressRefused);
        }
        else if (!options.LoadBalancerPool.Any(range => range.Contains(wish)))
        {
            var pool = options.LoadBalancerPool.Count == 0 ? "empty" : string.Join(", ", options.LoadBalancerPool);
            problems.Error(request.Service, Field, $"Invalid value: \"{text}\": not in the load-balancer pool ({pool})", ProblemReason.AddressRefused);
        }
        else if (!request.Families.Families.Contains(wish.AddressFamily))
        {
            var family = ServiceFamilies.NameOf(wish.AddressFamily);
            problems.Error(request.Service, Field, $"Invalid value: \"{text}\": the Service has no {family} cluster IP", ProblemReason.AddressRefused);
        }
        else if (inStatus.Contains(wish))
        {
            problems.Error(request.Service, Field, $"Invalid value: \"{text}\": provided IP is already allocated", ProblemReason.AddressRefused);
        }
        else
        {
            mayHave = true;
            return wish;
        }

        return null;
    }

    private bool IsOurClass(ServiceRequest request, ProblemSink problems)
    {
        if (request.Spec.LoadBalancerClass is not { } name || name == options.LoadBalancerClass)
        {
            return true;
        }

        problems.Note(request.Service, "spec.loadBalancerClass", $"no address is given: class \"{name}\" belongs to another controller");
        return false;
    }

    // Frees what the Service may not have any more before anybody looks for a free place.
    private void Keep(ServiceRequest request, bool mayHave, IPAddress? wish)
    {
        var held = memory.Of(request.Name);
        Set(request, held, [.. held.LoadBalancerIPs.Where(address =>
            mayHave
            && request.Families.Families.Contains(address.AddressFamily)
            && options.LoadBalancerPool.Any(range => range.Contains(address))
            && (wish is null || wish.AddressFamily != address.AddressFamily || wish.Equals(address)))]);
    }

    private bool TryGrantWish(ServiceRequest request, IPAddress wish, ProblemSink problems)
    {
        var held = memory.Of(request.Name);
        if (held.LoadBalancerIPs.Contains(wish))
        {
            return true;
        }

        if (ledger.LoadBalancerOwnerOf(wish) is { } holder)
        {
            problems.Error(request.Service, Field, $"Invalid value: \"{wish}\": provided IP is already allocated", ProblemReason.AddressRefused);
            problems.Note(request.Service, Field, $"held by Service {holder}");
            Set(request, held, []);
            return false;
        }

        Set(request, held, [.. held.LoadBalancerIPs, wish]);
        return true;
    }

    private void GrantHashed(ServiceRequest request, HashSet<IPAddress> inStatus, ProblemSink problems)
    {
        foreach (var family in request.Families.Families)
        {
            var held = memory.Of(request.Name);
            var ranges = options.LoadBalancerPool.Where(range => range.Family == family).ToList();
            if (held.LoadBalancerIPs.Any(address => address.AddressFamily == family) || (ranges.Count == 0 && IsCoveredElsewhere(request)))
            {
                continue;
            }

            var hash = StableHash.Of(request.Name.ToString());
            var found = ranges.Select(range => Probe.PoolAddress(range, hash, address => ledger.IsFreeForLoadBalancer(address) && !inStatus.Contains(address)))
                .FirstOrDefault(address => address is not null);
            if (found is not null)
            {
                Set(request, held, [.. held.LoadBalancerIPs, found]);
                continue;
            }

            problems.Warning(request.Service, "status.loadBalancer", ranges.Count == 0
                ? $"no load-balancer address: the pool has none of family {ServiceFamilies.NameOf(family)}"
                : $"no load-balancer address: range is full ({string.Join(", ", ranges)})");
        }
    }

    // A dual-stack Service on a pool of one family is served in that family, and that is no problem to report.
    private bool IsCoveredElsewhere(ServiceRequest request) =>
        options.LoadBalancerPool.Any(range => request.Families.Families.Contains(range.Family));

    private void Set(ServiceRequest request, Holdings held, IReadOnlyList<IPAddress> addresses)
    {
        var now = held with
        {
            LoadBalancerIPs = [.. request.Families.Families.SelectMany(family => addresses.Where(address => address.AddressFamily == family).Take(1))],
        };
        if (!now.Equals(held))
        {
            ledger.Release(request.Name, held);
            ledger.Take(request.Name, now);
            memory.Set(request.Name, now);
        }

        request.Result = now;
    }
}
