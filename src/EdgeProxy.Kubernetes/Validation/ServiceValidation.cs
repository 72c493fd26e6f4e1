using System.Net;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>core/v1 Service, everything that needs no allocator. Absent fields count as their defaults.</summary>
internal static partial class ServiceValidation
{
    public const int LongestAffinitySeconds = 86_400;

    public static void Validate(Service service, FieldErrors errors)
    {
        var spec = service.Spec;
        if (spec is null)
        {
            errors.Required("spec");
            return;
        }

        var type = string.IsNullOrEmpty(spec.Type) ? "ClusterIP" : spec.Type;
        var headless = IsHeadless(spec);
        if ((spec.Ports?.Count ?? 0) == 0 && !headless && type != "ExternalName")
        {
            errors.Required("spec.ports");
        }

        if (type == "ExternalName")
        {
            ExternalName(spec, errors);
        }

        Ports(spec, type, errors);
        MetadataValidation.Labels("spec.selector", spec.Selector, errors);
        Affinity(spec, errors);
        if (type is not ("ClusterIP" or "NodePort" or "LoadBalancer" or "ExternalName"))
        {
            errors.NotSupported("spec.type", type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        }

        ExternalAddresses(spec, errors);
        SourceRanges(service, type, errors);
        LoadBalancerFields(spec, type, errors);
        TrafficPolicies(spec, type, errors);
        if (type != "ExternalName")
        {
            Families(spec, type, errors);
        }
    }

    /// <summary>True when the Service has no virtual address by choice.</summary>
    public static bool IsHeadless(ServiceSpec spec) =>
        spec.ClusterIP == "None" || (string.IsNullOrEmpty(spec.ClusterIP) && spec.ClusterIPs is ["None", ..]);

    private static void ExternalName(ServiceSpec spec, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(spec.ClusterIP) || spec.ClusterIPs is { Count: > 0 })
        {
            errors.Forbidden("spec.clusterIPs", "may not be set for ExternalName services");
        }

        if (spec.IpFamilies is { Count: > 0 })
        {
            errors.Forbidden("spec.ipFamilies", "may not be set for ExternalName services");
        }

        if (!string.IsNullOrEmpty(spec.IpFamilyPolicy))
        {
            errors.Forbidden("spec.ipFamilyPolicy", "may not be set for ExternalName services");
        }

        // A trailing dot marks a name as absolute and is allowed here only (kubernetes#59779).
        var name = spec.ExternalName is { } text && text.EndsWith('.') ? text[..^1] : spec.ExternalName ?? "";
        if (name.Length == 0)
        {
            errors.Required("spec.externalName");
            return;
        }

        errors.Invalid("spec.externalName", spec.ExternalName, NameRules.Subdomain(name));
    }

    private static void Ports(ServiceSpec spec, string type, FieldErrors errors)
    {
        var nameNeeded = spec.Ports is { Count: > 1 };
        var names = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new HashSet<(int, string)>();
        var nodePorts = new HashSet<(int, string)>();
        foreach (var (path, port) in errors.Each("spec.ports", spec.Ports))
        {
            var protocol = string.IsNullOrEmpty(port.Protocol) ? "TCP" : port.Protocol;
            Port(path, port, nameNeeded, names, errors);
            if (port.Port is { } number && !numbers.Add((number, protocol)))
            {
                // The API server prints its internal Go struct here; the two values that matter are these.
                errors.DuplicateRaw(path, $$"""{"port":{{number}},"protocol":"{{protocol}}"}""");
            }

            if (port.NodePort is not (null or 0))
            {
                NodePort(path, port.NodePort.Value, protocol, type, nodePorts, errors);
            }
        }
    }

    private static void Port(string path, ServicePortSpec port, bool nameNeeded, HashSet<string> names, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(port.Name))
        {
            if (nameNeeded)
            {
                errors.Required($"{path}.name");
            }
        }
        else
        {
            errors.Invalid($"{path}.name", port.Name, NameRules.Label(port.Name));
            if (!names.Add(port.Name))
            {
                errors.Duplicate($"{path}.name", port.Name);
            }
        }

        errors.PortNumber($"{path}.port", port.Port ?? 0);
        ProtocolRules.Validate($"{path}.protocol", port.Protocol, errors);
        TargetPort(path, port, errors);
        ProtocolRules.ValidateApplication($"{path}.appProtocol", port.AppProtocol, errors);
    }

    private static void TargetPort(string path, ServicePortSpec port, FieldErrors errors)
    {
        // Absent, 0 and "" all mean "as port" (SetDefaults_Service); port itself has been checked.
        if (port.TargetPort is not { } target || target is { Text: null, Number: 0 } or { Text: "" })
        {
            return;
        }

        if (target.Text is { } name)
        {
            errors.Invalid($"{path}.targetPort", name, NameRules.PortName(name));
            return;
        }

        errors.PortNumber($"{path}.targetPort", target.Number);
    }

    private static void NodePort(
        string path, int nodePort, string protocol, string type, HashSet<(int Number, string Protocol)> seen, FieldErrors errors)
    {
        if (type == "ClusterIP")
        {
            errors.Forbidden($"{path}.nodePort", "may not be used when `type` is 'ClusterIP'");
        }
        else if (!seen.Add((nodePort, protocol)))
        {
            errors.Duplicate($"{path}.nodePort", nodePort);
        }
    }

    private static void Affinity(ServiceSpec spec, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(spec.SessionAffinity) || spec.SessionAffinity == "None")
        {
            return;
        }

        if (spec.SessionAffinity != "ClientIP")
        {
            errors.NotSupported("spec.sessionAffinity", spec.SessionAffinity, "ClientIP", "None");
            return;
        }

        if (spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is { } seconds and (< 1 or > LongestAffinitySeconds))
        {
            errors.Invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", seconds, "must be greater than 0 and less than 86400");
        }
    }

    private static void ExternalAddresses(ServiceSpec spec, FieldErrors errors)
    {
        foreach (var (path, text) in errors.Each("spec.externalIPs", spec.ExternalIPs))
        {
            if (!AddressRules.TryParseAddress(text, out var address))
            {
                errors.Invalid(path, text, AddressRules.NotAnAddress);
                continue;
            }

            errors.Invalid(path, text, AddressRules.Special(address));

            // 127.0.0.0/8 has room for a laptop's external addresses; ::1 is a single address that the host's own servers use.
            if (address.Equals(IPAddress.IPv6Loopback))
            {
                errors.Invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
            }
        }
    }

    private static void SourceRanges(Service service, string type, FieldErrors errors)
    {
        const string Field = "spec.loadBalancerSourceRanges";
        if (service.Spec.LoadBalancerSourceRanges is not { Count: > 0 } ranges)
        {
            return;
        }

        if (type != "LoadBalancer")
        {
            errors.Forbidden(Field, "may only be used when `type` is 'LoadBalancer'");
        }

        foreach (var (path, range) in errors.Each(Field, ranges))
        {
            // Blanks around a range are legal, a leftover of the comma-separated annotation before the field.
            if (!AddressRules.TryParseCidr(range.Trim(), out _))
            {
                errors.Invalid(path, range, AddressRules.NotACidr);
            }
        }
    }

    private static void LoadBalancerFields(ServiceSpec spec, string type, FieldErrors errors)
    {
        if (type != "LoadBalancer")
        {
            if (spec.AllocateLoadBalancerNodePorts is not null)
            {
                errors.Forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'");
            }

            if (spec.LoadBalancerClass is not null)
            {
                errors.Forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'");
            }

            return;
        }

        if (spec.LoadBalancerClass is { } name)
        {
            errors.Invalid("spec.loadBalancerClass", name, NameRules.QualifiedName(name));
        }
    }

    private static void TrafficPolicies(ServiceSpec spec, string type, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(spec.InternalTrafficPolicy) && spec.InternalTrafficPolicy is not ("Cluster" or "Local"))
        {
            errors.NotSupported("spec.internalTrafficPolicy", spec.InternalTrafficPolicy, "Cluster", "Local");
        }

        if (!string.IsNullOrEmpty(spec.ExternalTrafficPolicy))
        {
            if (!IsExternallyAccessible(spec, type))
            {
                errors.Invalid("spec.externalTrafficPolicy", spec.ExternalTrafficPolicy, "may only be set for externally-accessible services");
            }
            else if (spec.ExternalTrafficPolicy is not ("Cluster" or "Local"))
            {
                errors.NotSupported("spec.externalTrafficPolicy", spec.ExternalTrafficPolicy, "Cluster", "Local");
            }
        }

        if (spec.HealthCheckNodePort is not { } port || port == 0)
        {
            return;
        }

        if (type != "LoadBalancer" || spec.ExternalTrafficPolicy != "Local")
        {
            errors.Invalid(
                "spec.healthCheckNodePort", port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        }
        else
        {
            errors.PortNumber("spec.healthCheckNodePort", port);
        }
    }

    /// <summary>True when somebody outside can reach the Service, so that externalTrafficPolicy means something.</summary>
    public static bool IsExternallyAccessible(ServiceSpec spec, string type) =>
        type is "NodePort" or "LoadBalancer" || (type == "ClusterIP" && spec.ExternalIPs is { Count: > 0 });
}
