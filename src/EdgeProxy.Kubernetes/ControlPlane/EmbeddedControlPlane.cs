using System.Collections.Immutable;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>
/// Does to written objects what a cluster's API server and endpoint controllers would: refuses what is invalid, fills in defaults, gives
/// addresses and ports, makes endpoints from pods. So files served without a cluster behave as they would in one.
/// </summary>
/// <remarks>
/// Not thread-safe: one caller at a time. Written objects are never changed. It keeps what it needs to leave untouched objects alone: an
/// object whose written form and allocation did not change keeps its served reference from one <see cref="Apply"/> to the next.
/// One difference to a cluster is meant: an edited <c>clusterIP</c> is taken as a wish for the new address (a cluster would ask to delete
/// the Service first), because a folder of files has no other way to say so.
/// </remarks>
public sealed class EmbeddedControlPlane
{
    private readonly AllocationMemory _memory;
    private readonly ServiceAdmission _services;
    private readonly PoolConfiguration _pools;
    private readonly Memo<(object Written, object Namespaces, AddressPools Pools, ImmutableArray<IpAddr> Node), ImmutableDictionary<NamespacedName, Service>> _lastServices = new();
    private readonly IngressAdmission _ingresses = new();
    private readonly Memo<(object Written, object Classes), ImmutableDictionary<NamespacedName, Ingress>> _lastIngresses = new();
    private readonly EndpointController _endpoints;
    private readonly Memo<(object Services, object Pods, object Nodes, object Endpoints, object Slices), ObjectSet> _lastEndpoints = new();
    private readonly Admission<NamespacedName, Endpoints> _writtenEndpoints = new();
    private readonly Admission<NamespacedName, EndpointSlice> _writtenSlices = new();
    private readonly Admission<NamespacedName, Pod> _pods = new();
    private readonly Admission<NamespacedName, Node> _nodes = new();
    private readonly Admission<NamespacedName, Namespace> _namespaces = new();
    private readonly Admission<NamespacedName, IngressClass> _ingressClasses = new();
    private readonly Admission<NamespacedName, Secret> _secrets = new();
    private readonly Admission<NamespacedName, ConfigMap> _configMaps = new();
    private readonly Admission<(string Kind, NamespacedName Name), Workload> _workloads = new();

    /// <summary>A control plane over what <paramref name="memory"/> knows of earlier runs; absent, nothing is known or kept.</summary>
    /// <exception cref="ArgumentException">The options are unsound; the message has every reason.</exception>
    public EmbeddedControlPlane(ControlPlaneOptions options, AllocationMemory? memory = null)
    {
        var errors = options.Validate();
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", errors), nameof(options));
        }

        _memory = memory ?? new AllocationMemory();
        _pools = new PoolConfiguration(options.LoadBalancer with { ServiceCidrs = options.ServiceCidrs });
        _services = new ServiceAdmission(options, _memory);
        _endpoints = new EndpointController(options);
    }

    /// <summary>Addresses of this node, which Services have whose load balancer it is; new ones hold from the next <see cref="Apply"/> on.</summary>
    public ImmutableArray<IpAddr> NodeAddresses { get; set; } = [];

    /// <summary>Takes the complete set of written objects and returns the complete set to serve.</summary>
    public ControlPlaneResult Apply(ObjectSet written)
    {
        var problems = new ProblemSink();
        var classes = _ingressClasses.Pass(written.IngressClasses, problems);
        var accepted = new ObjectSet
        {
            Namespaces = _namespaces.Pass(written.Namespaces, problems),
            Nodes = _nodes.Pass(written.Nodes, problems),
            Pods = _pods.Pass(written.Pods, problems),
            Workloads = _workloads.Pass(written.Workloads, problems),
            ConfigMaps = _configMaps.Pass(written.ConfigMaps, problems),
            Secrets = _secrets.Pass(written.Secrets, problems),
            IngressClasses = classes,
            Ingresses = _lastIngresses.Get(
                (written.Ingresses, classes), problems, own => _ingresses.Apply(written.Ingresses, classes.Values, own)),
            Endpoints = _writtenEndpoints.Pass(written.Endpoints, problems),
            EndpointSlices = _writtenSlices.Pass(written.EndpointSlices, problems),
        };
        var pools = _pools.Follow(accepted);
        accepted = accepted with
        {
            Services = _lastServices.Get(
                (written.Services, accepted.Namespaces, pools, NodeAddresses),
                problems,
                own => _services.Apply(written.Services, new AddressSupply(pools, accepted.Namespaces, NodeAddresses), own)),
        };
        var completed = _lastEndpoints.Get(
            (accepted.Services, accepted.Pods, accepted.Nodes, accepted.Endpoints, accepted.EndpointSlices),
            problems,
            own => _endpoints.Apply(accepted, own));
        var served = accepted with { Endpoints = completed.Endpoints, EndpointSlices = completed.EndpointSlices };
        return new ControlPlaneResult(served, [.. StateFileProblems(), .. InOrder(_pools.Problems.Concat(problems.Problems))], pools, _services.PoolUsage);
    }

    private IEnumerable<Problem> StateFileProblems()
    {
        // What was wrong at the start is worth saying once: Save has replaced the damaged file when this returns.
        var whenRead = _memory.PendingProblem;
        _memory.PendingProblem = null;
        return new[] { whenRead, _memory.Save() }.OfType<Problem>();
    }

    // Dictionaries have no order; a report that jumps about cannot be compared with the last one.
    private static IEnumerable<Problem> InOrder(IEnumerable<Problem> problems) =>
        problems.OrderBy(problem => problem.Kind, StringComparer.Ordinal).ThenBy(problem => problem.Object ?? default(NamespacedName));
}
