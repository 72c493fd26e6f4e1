using System.Collections.Immutable;
using EdgeProxy.Demo.Workloads;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Demo;

/// <summary>
/// Adds the pods that the written Pods and workloads call for, running and ready on loopback addresses, as a cluster's controllers,
/// scheduler and kubelet would have made them.
/// </summary>
/// <remarks>
/// No I/O, no clock, no chance: names and addresses come from hashes of the objects' names. It remembers its last answer only so that
/// a pod keeps its address while others come and go, and its object while nothing about it changes (changes are found by reference).
/// Not thread-safe.
/// </remarks>
public sealed class DemoWorkloads(DemoOptions? options = null)
{
    /// <summary>Pods played of one workload at most; a note tells when there should be more.</summary>
    public const int MaxPodsPerWorkload = 20;

    private readonly DemoOptions _options = options ?? new DemoOptions();
    private readonly PodAddresses _addresses = new((options ?? new DemoOptions()).PodRange);
    private Dictionary<NamespacedName, MadePod> _made = [];

    /// <summary>The same objects, with every pod that should run.</summary>
    /// <param name="written">The objects as loaded.</param>
    /// <param name="problems">Hears of what cannot be played as written.</param>
    public ObjectSet Expand(ObjectSet written, ProblemSink? problems = null)
    {
        var plans = PodPlanner.Plan(written, problems);
        var addresses = AddressesOf(plans);
        var servicePorts = new ServicePortsOfPods(written.Services.Values);

        var made = new Dictionary<NamespacedName, MadePod>(plans.Count);
        foreach (var plan in plans)
        {
            if (!plan.HasEnded && !addresses.ContainsKey(plan.Name))
            {
                problems?.Error(plan.Source, field: null, $"no address left for pod {plan.Name} in {_options.PodRange}");
            }

            made.Add(plan.Name, Make(plan, addresses, servicePorts));
        }

        _made = made;
        return written with { Pods = made.ToImmutableDictionary(entry => entry.Key, entry => entry.Value.Pod) };
    }

    private Dictionary<NamespacedName, IpAddr> AddressesOf(List<PodPlan> plans)
    {
        var playing = plans.Where(plan => !plan.HasEnded).ToList();
        var insisting = playing.Where(plan => plan.FixedAddress is not null).ToList();
        var needing = playing.Where(plan => plan.FixedAddress is null).Select(plan => plan.Name).ToList();

        var addresses = _addresses.Assign(needing, insisting.Select(plan => plan.FixedAddress.GetValueOrDefault()));
        foreach (var plan in insisting)
        {
            addresses.Add(plan.Name, plan.FixedAddress.GetValueOrDefault());
        }

        return addresses;
    }

    private MadePod Make(PodPlan plan, Dictionary<NamespacedName, IpAddr> addresses, ServicePortsOfPods servicePorts)
    {
        if (!addresses.TryGetValue(plan.Name, out var address))
        {
            return new MadePod(plan.Source, default, [], plan.Source as Pod ?? BuildPod(plan, address: null, []));
        }

        var extraPorts = servicePorts.UndeclaredPortsOf(plan);
        var portKeys = extraPorts.Select(port => (port.Port.GetValueOrDefault(), port.Protocol!)).ToImmutableArray();
        if (_made.TryGetValue(plan.Name, out var earlier) && earlier.IsStillRight(plan.Source, address, portKeys))
        {
            return earlier;
        }

        return new MadePod(plan.Source, address, portKeys, BuildPod(plan, address, extraPorts));
    }

    private Pod BuildPod(PodPlan plan, IpAddr? address, List<ContainerPort> extraPorts) => new()
    {
        ApiVersion = "v1",
        Kind = "Pod",
        Origin = (plan.Source as Pod)?.Origin,
        Metadata = new ObjectMeta
        {
            Name = plan.Name.Name,
            Namespace = plan.Name.Namespace,
            Labels = plan.Metadata.Labels,
            Annotations = plan.Metadata.Annotations,
            CreationTimestamp = plan.Metadata.CreationTimestamp,
            DeletionTimestamp = plan.Metadata.DeletionTimestamp,
        },
        Spec = new PodSpec
        {
            // Ports that only Services name stand in a container of their own: the written ones stay as they are.
            Containers = extraPorts.Count == 0
                ? plan.Spec.Containers
                : [.. plan.Spec.Containers ?? [], new Container { Name = "named-by-services", Ports = extraPorts }],
            NodeName = plan.Spec.NodeName ?? _options.NodeName,
            Hostname = plan.Spec.Hostname,
            Subdomain = plan.Spec.Subdomain,
        },
        Status = address is { } ip ? RunningAt(ip, plan.Status) : null,
    };

    // A written phase or condition stays: "Ready: False" is a way to see what the proxy does with it.
    private static PodStatus RunningAt(IpAddr address, PodStatus? written) => new()
    {
        Phase = written?.Phase ?? "Running",
        PodIP = address.ToString(),
        PodIPs = [new PodIP { Ip = address.ToString() }],
        Conditions = written?.Conditions ?? [new PodCondition { Type = "Ready", Status = "True" }],
    };

    private sealed record MadePod(KubernetesObject Source, IpAddr Address, ImmutableArray<(int Port, string Protocol)> ExtraPorts, Pod Pod)
    {
        public bool IsStillRight(KubernetesObject source, IpAddr address, ImmutableArray<(int Port, string Protocol)> extraPorts) =>
            ReferenceEquals(Source, source) && Address == address && ExtraPorts.SequenceEqual(extraPorts);
    }
}
