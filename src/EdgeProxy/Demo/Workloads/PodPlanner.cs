using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Demo.Workloads;

/// <summary>Which pods the written objects call for, in the order of their names, with the names the real controllers would shape.</summary>
internal static class PodPlanner
{
    public static List<PodPlan> Plan(ObjectSet written, ProblemSink? problems)
    {
        var plans = written.Pods.Values.Select(pod => new PodPlan(pod.Name, pod, pod.Metadata, pod.Spec, pod.Status)).ToList();
        var taken = written.Pods.Keys.ToHashSet();
        foreach (var (_, workload) in written.Workloads.OrderBy(entry => entry.Key.Name).ThenBy(entry => entry.Key.Kind, StringComparer.Ordinal))
        {
            var replicas = ReplicasOf(workload, problems);
            for (var index = 0; index < replicas; index++)
            {
                plans.Add(PlanReplica(workload, index, taken));
            }
        }

        plans.Sort((left, right) => left.Name.CompareTo(right.Name));
        return plans;
    }

    private static int ReplicasOf(Workload workload, ProblemSink? problems)
    {
        if (workload.Kind == "DaemonSet")
        {
            return 1; // one node, one pod
        }

        var replicas = Math.Max(0, workload.Spec.Replicas ?? 1);
        if (replicas <= DemoWorkloads.MaxPodsPerWorkload)
        {
            return replicas;
        }

        problems?.Note(workload, "spec.replicas", $"the demo plays {DemoWorkloads.MaxPodsPerWorkload} of {replicas} pods");
        return DemoWorkloads.MaxPodsPerWorkload;
    }

    private static PodPlan PlanReplica(Workload workload, int index, HashSet<NamespacedName> taken)
    {
        var template = workload.Spec.Template ?? new PodTemplate();
        var name = FreeName(workload, index, taken);
        var spec = workload.Kind == "StatefulSet" ? WithStableHostname(template.Spec, name.Name, workload.Spec.ServiceName) : template.Spec;
        return new PodPlan(name, workload, template.Metadata, spec, Status: null);
    }

    private static NamespacedName FreeName(Workload workload, int index, HashSet<NamespacedName> taken)
    {
        var name = new NamespacedName(workload.Name.Namespace, PodName(workload, index, attempt: 0));
        for (var attempt = 1; !taken.Add(name); attempt++)
        {
            name = new NamespacedName(workload.Name.Namespace, PodName(workload, index, attempt));
        }

        return name;
    }

    private static string PodName(Workload workload, int index, int attempt)
    {
        var identity = $"{workload.Kind}/{workload.Name}";
        var suffix = GeneratedNames.Part(attempt == 0 ? $"{identity}/{index}" : $"{identity}/{index}/{attempt}");
        return workload.Kind switch
        {
            "StatefulSet" when attempt == 0 => $"{workload.Name.Name}-{index}",
            "Deployment" => $"{workload.Name.Name}-{GeneratedNames.Part(identity)}-{suffix}",
            _ => $"{workload.Name.Name}-{suffix}",
        };
    }

    // The StatefulSet controller does the same; headless DNS names come from it.
    private static PodSpec WithStableHostname(PodSpec spec, string podName, string? serviceName) => new()
    {
        Containers = spec.Containers,
        NodeName = spec.NodeName,
        Hostname = podName,
        Subdomain = serviceName ?? spec.Subdomain,
    };
}
