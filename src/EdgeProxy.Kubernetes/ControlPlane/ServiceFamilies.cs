using System.Net.Sockets;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Validation;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Which IP families a Service gets, and under which policy (upstream <c>initIPFamilyFields</c>).</summary>
internal sealed record ServiceFamilies(string? Policy, IReadOnlyList<AddressFamily> Families)
{
    /// <summary>ExternalName: no family, no policy.</summary>
    public static ServiceFamilies None { get; } = new(null, []);

    public IEnumerable<string> Names => Families.Select(NameOf);

    public static string NameOf(AddressFamily family) => family == AddressFamily.InterNetwork ? "IPv4" : "IPv6";

    /// <summary>Settles the families of a validated Service against those that have a range, default first.</summary>
    public static ServiceFamilies Resolve(ServiceSpec spec, IReadOnlyList<AddressFamily> configured, FieldErrors errors)
    {
        if (spec.Type == "ExternalName")
        {
            return None;
        }

        var byHand = ServiceValidation.IsHeadlessWithoutSelector(spec);
        var policy = !string.IsNullOrEmpty(spec.IpFamilyPolicy) ? spec.IpFamilyPolicy : byHand ? "RequireDualStack" : "SingleStack";
        var families = (spec.IpFamilies ?? []).Select(name => name == "IPv4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6).ToList();
        AddFamiliesOfAddresses(spec, families, configured, errors);
        if (byHand)
        {
            // Its endpoints come from somebody else, so any family may be named, whatever ranges there are.
            Complete(families, policy, configured[0], AddressFamily.Unspecified);
            return new ServiceFamilies(policy, families);
        }

        if (policy == "RequireDualStack" && configured.Count < 2)
        {
            errors.Invalid("spec.ipFamilyPolicy", policy, "this cluster is not configured for dual-stack services");
        }

        for (var index = 0; index < spec.IpFamilies?.Count; index++)
        {
            if (!configured.Contains(families[index]))
            {
                errors.Invalid($"spec.ipFamilies[{index}]", spec.IpFamilies[index], "not configured on this cluster");
            }
        }

        Complete(families, policy, configured[0], configured.Count > 1 ? AddressFamily.Unspecified : configured[0]);
        return new ServiceFamilies(policy, families);
    }

    // A chosen address says its family without words.
    private static void AddFamiliesOfAddresses(
        ServiceSpec spec, List<AddressFamily> families, IReadOnlyList<AddressFamily> configured, FieldErrors errors)
    {
        var addresses = ServiceRequest.ChosenAddresses(spec);
        for (var index = families.Count; index < addresses.Count; index++)
        {
            var family = addresses[index].AddressFamily;
            if (!configured.Contains(family))
            {
                errors.Invalid($"spec.clusterIPs[{index}]", addresses.Select(address => address.ToString()), $"{NameOf(family)} is not configured on this cluster");
            }

            families.Add(family);
        }
    }

    // The default family when none is named; the other one too when the policy wants it and it is not the only one there is.
    private static void Complete(List<AddressFamily> families, string policy, AddressFamily byDefault, AddressFamily only)
    {
        if (families.Count == 0)
        {
            families.Add(byDefault);
        }

        if (families.Count == 1 && policy != "SingleStack" && only == AddressFamily.Unspecified)
        {
            families.Add(families[0] == AddressFamily.InterNetwork ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork);
        }
    }
}
