namespace EdgeProxy.Kubernetes.Resources;

/// <summary>One pool of load-balancer addresses as a user writes it: the spec of MetalLB's IPAddressPool with a name and an announcement.</summary>
public sealed class AddressPoolSpec
{
    /// <summary>Unique among the pools.</summary>
    public string? Name { get; set; }

    /// <summary>CIDRs, first-last ranges and addresses of both families.</summary>
    public List<string>? Addresses { get; set; }

    /// <summary>False: addresses are given on request only. Default true.</summary>
    public bool? AutoAssign { get; set; }

    /// <summary>Do not give .0 and .255 without request. Default false.</summary>
    public bool? AvoidBuggyIPs { get; set; }

    /// <summary>Who may have addresses.</summary>
    public ServiceAllocationSpec? ServiceAllocation { get; set; }

    /// <summary>How the addresses are made known.</summary>
    public AnnouncementSpec? Announcement { get; set; }
}

/// <summary>MetalLB's ServiceAllocation.</summary>
public sealed class ServiceAllocationSpec
{
    /// <summary>Pools with a lower number are tried first, those with 0 last. Default 0.</summary>
    public int? Priority { get; set; }

    /// <summary>Namespaces by name.</summary>
    public List<string>? Namespaces { get; set; }

    /// <summary>Namespaces by label.</summary>
    public List<LabelSelectorSpec>? NamespaceSelectors { get; set; }

    /// <summary>Services by label.</summary>
    public List<LabelSelectorSpec>? ServiceSelectors { get; set; }
}

/// <summary>The part of MetalLB's L2Advertisement that says where, and who rather than others.</summary>
public sealed class AnnouncementSpec
{
    /// <summary>False: nobody announces them. Default true.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Interfaces that get the addresses. Default: the one with the subnet.</summary>
    public List<string>? Interfaces { get; set; }

    /// <summary>Nodes that may announce.</summary>
    public List<LabelSelectorSpec>? NodeSelectors { get; set; }

    /// <summary>Nodes that announce before others.</summary>
    public List<PreferredNodeSpec>? PreferredNodes { get; set; }
}

/// <summary>A weight for some nodes.</summary>
public sealed class PreferredNodeSpec
{
    /// <summary>1–100.</summary>
    public int? Weight { get; set; }

    /// <summary>Which nodes.</summary>
    public LabelSelectorSpec? NodeSelector { get; set; }
}

/// <summary>metav1.LabelSelector.</summary>
public sealed class LabelSelectorSpec
{
    /// <summary>Labels with these values.</summary>
    public Dictionary<string, string>? MatchLabels { get; set; }

    /// <summary>Further requirements.</summary>
    public List<LabelRequirementSpec>? MatchExpressions { get; set; }
}

/// <summary>metav1.LabelSelectorRequirement.</summary>
public sealed class LabelRequirementSpec
{
    /// <summary>The label.</summary>
    public string? Key { get; set; }

    /// <summary>In, NotIn, Exists or DoesNotExist.</summary>
    public string? Operator { get; set; }

    /// <summary>Of In and NotIn.</summary>
    public List<string>? Values { get; set; }
}
