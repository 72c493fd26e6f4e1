using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Kubernetes.Validation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>
/// Gives cluster IPs, node ports and health-check ports. Tells its story top to bottom, therefore long:
/// 1. what Services hold and still want, they keep; 2. what newcomers ask for by value is looked at together; 3. the rest is hashed.
/// </summary>
/// <remarks>
/// Node ports are allocated per port and protocol, as the data plane binds them. (The API server keeps one bitmap for all protocols
/// and only lets the ports of one Service share a number.)
/// </remarks>
internal sealed class ServiceAllocator
{
    private static readonly NamespacedName ApiServer = new("default", "kubernetes");

    private readonly ControlPlaneOptions _options;
    private readonly AllocationMemory _memory;
    private readonly AllocationLedger _ledger;

    public ServiceAllocator(ControlPlaneOptions options, AllocationMemory memory, AllocationLedger ledger)
    {
        _options = options;
        _memory = memory;
        _ledger = ledger;

        // As in every cluster: the first address of each range is the API server's own Service.
        foreach (var range in options.ServiceCidrs)
        {
            ledger.Reserve(FirstOf(range), ApiServer);
        }

        // A damaged or hand-edited state file may name one place twice; the first by name keeps it.
        foreach (var (name, holdings) in memory.Services.OrderBy(pair => pair.Key).ToList())
        {
            memory.Set(name, ledger.Take(name, holdings));
        }

        Families = [.. options.ServiceCidrs.Select(range => range.Family).Distinct()];
    }

    /// <summary>Families that have a range, the default one first.</summary>
    public IReadOnlyList<AddressFamily> Families { get; }

    /// <summary>Frees what Services held that are gone.</summary>
    public void Forget(Func<NamespacedName, bool> isGone)
    {
        foreach (var (name, held) in _memory.Services.Where(pair => isGone(pair.Key)).ToList())
        {
            _ledger.Release(name, held);
            _memory.Set(name, Holdings.None);
        }
    }

    /// <summary>Settles every request: either <see cref="ServiceRequest.Result"/> is entered and remembered, or the errors say why not.</summary>
    public void Allocate(IReadOnlyCollection<ServiceRequest> requests)
    {
        var open = new List<ServiceRequest>();
        foreach (var request in requests.Where(request => !request.IsRefused))
        {
            var held = _memory.Of(request.Name);
            var kept = Kept(request, held);
            if (IsComplete(request, kept))
            {
                Replace(request, held, kept);
                _memory.Set(request.Name, kept);
            }
            else
            {
                open.Add(request);
            }
        }

        open.Sort(ServiceRequest.ByAge);
        open = GrantChosen(open);
        foreach (var request in open.OrderBy(request => request.Name))
        {
            GrantHashed(request);
        }
    }

    // ---- 1. What is held and still wanted -----------------------------------------------------------------------------------

    private Holdings Kept(ServiceRequest request, Holdings held) => new()
    {
        ClusterIPs = request.NeedsClusterIP ? KeptAddresses(request, held) : [],
        NodePorts = request.HasNodePorts ? KeptNodePorts(request, held) : [],
        HealthCheckNodePort = KeptHealthPort(request, held),
        LoadBalancerIPs = held.LoadBalancerIPs,
    };

    private ImmutableArray<IPAddress> KeptAddresses(ServiceRequest request, Holdings held)
    {
        var chosen = ServiceRequest.ChosenAddresses(request.Spec);
        var kept = ImmutableArray.CreateBuilder<IPAddress>();
        for (var index = 0; index < request.Families.Families.Count; index++)
        {
            var family = request.Families.Families[index];
            var own = held.ClusterIPs.FirstOrDefault(address => address.AddressFamily == family);
            if (own is not null && IsInRange(own) && (index >= chosen.Count || chosen[index].Equals(own)))
            {
                kept.Add(own);
            }
        }

        return kept.ToImmutable();
    }

    private ImmutableArray<HeldNodePort> KeptNodePorts(ServiceRequest request, Holdings held)
    {
        var left = held.NodePorts.ToList();
        var kept = new HeldNodePort?[request.Ports.Count];

        // Chosen numbers first, then by name, then by number, so that naming a so far unnamed port does not move it.
        Match((port, old) => port.NodePort is > 0 and var chosen && old.NodePort == chosen);
        Match((port, old) => port.NodePort is null or 0 && old.Name == ServiceRequest.NameOf(port));
        Match((port, old) => port.NodePort is null or 0 && old.Port == port.Port);
        return [.. kept.OfType<HeldNodePort>()];

        void Match(Func<Resources.ServicePortSpec, HeldNodePort, bool> belongs)
        {
            for (var index = 0; index < kept.Length; index++)
            {
                var port = request.Ports[index];
                var old = kept[index] is null
                    ? left.Find(old => old.Protocol == ServiceRequest.ProtocolOf(port) && _options.NodePorts.Contains(old.NodePort) && belongs(port, old))
                    : null;
                if (old is not null)
                {
                    left.Remove(old);
                    kept[index] = new HeldNodePort(ServiceRequest.NameOf(port), old.Protocol, port.Port ?? 0, old.NodePort);
                }
            }
        }
    }

    private int KeptHealthPort(ServiceRequest request, Holdings held)
    {
        var chosen = request.Spec.HealthCheckNodePort ?? 0;
        var isWanted = request.NeedsHealthCheckNodePort && (chosen == 0 || chosen == held.HealthCheckNodePort);
        return isWanted && _options.NodePorts.Contains(held.HealthCheckNodePort) ? held.HealthCheckNodePort : 0;
    }

    private static bool IsComplete(ServiceRequest request, Holdings holdings) =>
        (!request.NeedsClusterIP || holdings.ClusterIPs.Length == request.Families.Families.Count)
        && request.Ports.All(port => NodePortOf(request, port, holdings) is not null || !WantsNodePort(request, port))
        && (!request.NeedsHealthCheckNodePort || holdings.HealthCheckNodePort != 0);

    private static bool WantsNodePort(ServiceRequest request, Resources.ServicePortSpec port) =>
        request.AllocatesNodePorts || (request.HasNodePorts && port.NodePort is > 0 or < 0);

    private static HeldNodePort? NodePortOf(ServiceRequest request, Resources.ServicePortSpec port, Holdings holdings) =>
        request.HasNodePorts
            ? holdings.NodePorts.FirstOrDefault(held =>
                held.Name == ServiceRequest.NameOf(port) && held.Protocol == ServiceRequest.ProtocolOf(port) && held.Port == port.Port)
            : null;

    // ---- 2. What is asked for by value --------------------------------------------------------------------------------------

    // All open requests let go of what they no longer want, then each takes what it asks for. When one cannot have all of it, nothing
    // of that round counts and the others try again without it, because it keeps what it wanted to let go. So two Services may swap
    // addresses in one edit, and yet a refused Service never loses what it had. Every further round has one request less.
    private List<ServiceRequest> GrantChosen(List<ServiceRequest> open)
    {
        while (true)
        {
            foreach (var request in open)
            {
                var held = _memory.Of(request.Name);
                request.Result = Kept(request, held);
                Replace(request, held, request.Result);
            }

            foreach (var request in open)
            {
                TakeChosen(request);
            }

            var accepted = open.FindAll(request => !request.IsRefused);
            if (accepted.Count == open.Count)
            {
                return accepted;
            }

            open.ForEach(request => _ledger.Release(request.Name, request.Result));
            open.ForEach(request => _ledger.Take(request.Name, _memory.Of(request.Name)));
            open = accepted;
        }
    }

    private void TakeChosen(ServiceRequest request)
    {
        var addresses = TakeChosenAddresses(request);
        var ports = TakeChosenNodePorts(request);
        var health = TakeChosenHealthPort(request);
        var granted = new Holdings { ClusterIPs = addresses, NodePorts = ports, HealthCheckNodePort = health };
        if (request.IsRefused)
        {
            // Right away: what it cannot use must not stand in the way of the next one.
            _ledger.Release(request.Name, granted);
            return;
        }

        request.Result = Merge(request, request.Result, granted);
    }

    private ImmutableArray<IPAddress> TakeChosenAddresses(ServiceRequest request)
    {
        var chosen = request.NeedsClusterIP ? ServiceRequest.ChosenAddresses(request.Spec) : [];
        var taken = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var address in chosen.Where(address => !request.Result.ClusterIPs.Contains(address)))
        {
            if (!IsInRange(address))
            {
                var ranges = string.Join(", ", _options.ServiceCidrs.Where(range => range.Family == address.AddressFamily));
                request.Errors.Invalid(
                    ServiceValidation.ClusterIPs,
                    chosen.Select(each => each.ToString()),
                    $"failed to allocate IP {address}: the provided IP ({address}) is not in the valid range. The range of valid IPs is {ranges}");
            }
            else if (!_ledger.IsFree(address, request.Name))
            {
                request.Errors.Invalid(
                    ServiceValidation.ClusterIPs,
                    chosen.Select(each => each.ToString()),
                    $"failed to allocate IP {address}: provided IP is already allocated");
                request.Holders.Add((ServiceValidation.ClusterIPs, _ledger.OwnerOf(address)!.Value));
            }
            else
            {
                taken.AddRange(_ledger.Take(request.Name, new Holdings { ClusterIPs = [address] }).ClusterIPs);
            }
        }

        return taken.ToImmutable();
    }

    private ImmutableArray<HeldNodePort> TakeChosenNodePorts(ServiceRequest request)
    {
        var taken = ImmutableArray.CreateBuilder<HeldNodePort>();
        for (var index = 0; request.HasNodePorts && index < request.Ports.Count; index++)
        {
            var port = request.Ports[index];
            if (port.NodePort is not (null or 0) && NodePortOf(request, port, request.Result) is null
                && IsNodePortGranted(request, $"spec.ports[{index}].nodePort", port.NodePort.Value, ServiceRequest.ProtocolOf(port), ""))
            {
                var held = new HeldNodePort(ServiceRequest.NameOf(port), ServiceRequest.ProtocolOf(port), port.Port ?? 0, port.NodePort.Value);
                taken.AddRange(_ledger.Take(request.Name, new Holdings { NodePorts = [held] }).NodePorts);
            }
        }

        return taken.ToImmutable();
    }

    private int TakeChosenHealthPort(ServiceRequest request)
    {
        var chosen = request.NeedsHealthCheckNodePort ? request.Spec.HealthCheckNodePort ?? 0 : 0;
        if (chosen == 0 || request.Result.HealthCheckNodePort == chosen
            || !IsNodePortGranted(request, "spec.healthCheckNodePort", chosen, "TCP", $"failed to allocate requested HealthCheck NodePort {chosen}: "))
        {
            return 0;
        }

        return _ledger.Take(request.Name, new Holdings { HealthCheckNodePort = chosen }).HealthCheckNodePort;
    }

    private bool IsNodePortGranted(ServiceRequest request, string field, int nodePort, string protocol, string prefix)
    {
        if (!_options.NodePorts.Contains(nodePort))
        {
            request.Errors.Invalid(
                field, nodePort, $"{prefix}provided port is not in the valid range. The range of valid ports is {_options.NodePorts}");
            return false;
        }

        if (_ledger.OwnerOf(nodePort, protocol) is { } holder)
        {
            request.Errors.Invalid(field, nodePort, $"{prefix}provided port is already allocated");
            request.Holders.Add((field, holder));
            return false;
        }

        return true;
    }

    // ---- 3. What is left to us ----------------------------------------------------------------------------------------------

    private void GrantHashed(ServiceRequest request)
    {
        var before = _memory.Of(request.Name);
        if (request.NeedsClusterIP)
        {
            GrantAddresses(request);
        }

        for (var index = 0; request.AllocatesNodePorts && !request.IsRefused && index < request.Ports.Count; index++)
        {
            GrantNodePort(request, index);
        }

        if (request.NeedsHealthCheckNodePort && !request.IsRefused && request.Result.HealthCheckNodePort == 0)
        {
            GrantHealthPort(request);
        }

        if (request.IsRefused)
        {
            _ledger.Release(request.Name, request.Result);
            request.Result = _ledger.Take(request.Name, before);
        }

        _memory.Set(request.Name, request.Result);
    }

    private void GrantAddresses(ServiceRequest request)
    {
        foreach (var family in request.Families.Families.Where(family => request.Result.ClusterIPs.All(held => held.AddressFamily != family)))
        {
            var ranges = _options.ServiceCidrs.Where(range => range.Family == family).ToList();
            var hash = StableHash.Of(request.Name.ToString());
            var found = request.Name == ApiServer
                ? FirstOf(ranges[0])
                : ranges.Select(range => Probe.ServiceAddress(range, hash, address => _ledger.IsFree(address, request.Name)))
                    .FirstOrDefault(address => address is not null);
            if (found is null)
            {
                request.Errors.InternalError(
                    ServiceValidation.ClusterIPs, $"failed to allocate a serviceIP: range is full ({string.Join(", ", ranges)})");
                return;
            }

            Grant(request, new Holdings { ClusterIPs = [found] });
        }
    }

    private void GrantNodePort(ServiceRequest request, int index)
    {
        var port = request.Ports[index];
        if (NodePortOf(request, port, request.Result) is not null)
        {
            return;
        }

        var protocol = ServiceRequest.ProtocolOf(port);
        var nodePort = NodePortOfTwin(request, port) ?? HashedNodePort($"{request.Name}:{port.Name}/{protocol}", protocol);
        if (nodePort is null)
        {
            request.Errors.InternalError($"spec.ports[{index}].nodePort", $"failed to allocate a nodePort: range is full ({_options.NodePorts})");
            return;
        }

        Grant(request, new Holdings { NodePorts = [new HeldNodePort(ServiceRequest.NameOf(port), protocol, port.Port ?? 0, nodePort.Value)] });
    }

    // DNS, QUIC and SIP serve one number over two protocols, and clients expect that outside, too (checked on 1.20).
    private int? NodePortOfTwin(ServiceRequest request, Resources.ServicePortSpec port)
    {
        var protocol = ServiceRequest.ProtocolOf(port);
        return request.Result.NodePorts.Where(held => held.Port == port.Port && held.Protocol != protocol && _ledger.IsFree(held.NodePort, protocol))
            .Select(held => (int?)held.NodePort)
            .FirstOrDefault();
    }

    private void GrantHealthPort(ServiceRequest request)
    {
        if (HashedNodePort($"{request.Name}:{AllocationLedger.HealthSlot}", "TCP") is { } port)
        {
            Grant(request, new Holdings { HealthCheckNodePort = port });
            return;
        }

        request.Errors.InternalError("spec.healthCheckNodePort", $"failed to allocate a HealthCheck NodePort: range is full ({_options.NodePorts})");
    }

    private int? HashedNodePort(string key, string protocol) =>
        Probe.NodePort(_options.NodePorts, StableHash.Of(key), port => _ledger.IsFree(port, protocol));

    // ---- Bookkeeping --------------------------------------------------------------------------------------------------------

    private void Grant(ServiceRequest request, Holdings granted) =>
        request.Result = Merge(request, request.Result, _ledger.Take(request.Name, granted));

    // In the order of the Service's families and ports, so that equal holdings look equal.
    private static Holdings Merge(ServiceRequest request, Holdings holdings, Holdings more) => new()
    {
        ClusterIPs = [.. request.Families.Families.SelectMany(family =>
            holdings.ClusterIPs.Concat(more.ClusterIPs).Where(address => address.AddressFamily == family).Take(1))],
        NodePorts = [.. request.Ports.SelectMany(port =>
            holdings.NodePorts.Concat(more.NodePorts).Where(held =>
                held.Name == ServiceRequest.NameOf(port) && held.Protocol == ServiceRequest.ProtocolOf(port) && held.Port == port.Port).Take(1))],
        HealthCheckNodePort = Math.Max(holdings.HealthCheckNodePort, more.HealthCheckNodePort),
        LoadBalancerIPs = holdings.LoadBalancerIPs,
    };

    private void Replace(ServiceRequest request, Holdings held, Holdings kept)
    {
        request.Result = kept;
        if (!held.Equals(kept))
        {
            _ledger.Release(request.Name, held);
            _ledger.Take(request.Name, kept);
        }
    }

    private static IPAddress FirstOf(AddressRange range) => new IpAddr(range.First + 1, range.Family == AddressFamily.InterNetworkV6).ToIPAddress();

    private bool IsInRange(IPAddress address) => _options.ServiceCidrs.Any(range =>
        range.Contains(address)
        && IpAddr.From(address).Bits != range.First
        && (range.Family != AddressFamily.InterNetwork || IpAddr.From(address).Bits != range.Last));
}
