using System.Collections.Immutable;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Services: validation, allocation, defaults; a Service that fails in any of them keeps its last accepted version.</summary>
internal sealed class ServiceAdmission
{
    private readonly AllocationMemory _memory;
    private readonly ServiceAllocator _allocator;
    private readonly LoadBalancerAllocator _loadBalancers;
    private readonly Admission<NamespacedName, Service> _admission = new();
    private readonly Dictionary<NamespacedName, (Service Written, Holdings Holdings, Service Served)> _accepted = [];

    public ServiceAdmission(ControlPlaneOptions options, AllocationMemory memory)
    {
        var ledger = new AllocationLedger();
        _memory = memory;
        _allocator = new ServiceAllocator(options, memory, ledger);
        _loadBalancers = new LoadBalancerAllocator(options.LoadBalancer, memory);
    }

    /// <summary>How much of each pool is given, since the last <see cref="Apply"/>.</summary>
    public IReadOnlyList<PoolUsage> PoolUsage { get; private set; } = [];

    public ImmutableDictionary<NamespacedName, Service> Apply(ImmutableDictionary<NamespacedName, Service> written, AddressSupply supply, ProblemSink problems)
    {
        _allocator.Forget(name => !written.ContainsKey(name));
        var requests = _admission.Judge(written, problems).ConvertAll(pair => new ServiceRequest(pair.Value, _allocator.Families));
        _allocator.Allocate(requests);
        foreach (var request in requests.Where(request => request.IsRefused))
        {
            _admission.Refuse(request.Name, request.Service, request.Errors.All, problems);
            foreach (var (field, holder) in request.Holders)
            {
                problems.Note(request.Service, field, $"held by Service {holder}");
            }
        }

        var accepted = requests.FindAll(request => !request.IsRefused);
        PoolUsage = _loadBalancers.Allocate(accepted, written.Values, supply, problems);
        foreach (var gone in _accepted.Keys.Where(name => !written.ContainsKey(name)).ToList())
        {
            _accepted.Remove(gone);
        }

        return _admission.Serve(accepted.Select(request => KeyValuePair.Create(request.Name, Served(request))), written);
    }

    private Service Served(ServiceRequest request)
    {
        var holdings = _memory.Of(request.Name);
        if (_accepted.TryGetValue(request.Name, out var before)
            && ReferenceEquals(before.Written, request.Service) && before.Holdings.Equals(holdings))
        {
            return before.Served;
        }

        var served = ServiceDefaults.Apply(request);
        _accepted[request.Name] = (request.Service, holdings, served);
        return served;
    }
}
