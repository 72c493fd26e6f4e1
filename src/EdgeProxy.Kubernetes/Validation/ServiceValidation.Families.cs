using System.Net.Sockets;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

// clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy must tell one story (upstream ValidateServiceClusterIPsRelatedFields).
internal static partial class ServiceValidation
{
    public const string ClusterIPs = "spec.clusterIPs";

    private static void Families(ServiceSpec spec, string type, FieldErrors errors)
    {
        var addresses = spec.ClusterIPs ?? [];
        if (addresses.Count > 0 && string.IsNullOrEmpty(spec.ClusterIP))
        {
            errors.Invalid(ClusterIPs, addresses, "must be empty when `clusterIP` is not specified");
        }
        else if (addresses.Count > 0 && addresses[0] != spec.ClusterIP)
        {
            errors.Invalid(ClusterIPs, addresses, "first value must match `clusterIP`");
        }
        else if (addresses.Count == 0 && !string.IsNullOrEmpty(spec.ClusterIP))
        {
            addresses = [spec.ClusterIP];
        }

        FamilyNames(spec, errors);
        Addresses(addresses, spec, type, errors);
        SingleStack(addresses, spec, errors);
    }

    private static void FamilyNames(ServiceSpec spec, FieldErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, family) in errors.Each("spec.ipFamilies", spec.IpFamilies))
        {
            if (family is not ("IPv4" or "IPv6"))
            {
                errors.NotSupported(path, family, "IPv4", "IPv6");
            }

            if (!seen.Add(family))
            {
                errors.Duplicate(path, family);
            }
        }

        if (!string.IsNullOrEmpty(spec.IpFamilyPolicy) && spec.IpFamilyPolicy is not ("SingleStack" or "PreferDualStack" or "RequireDualStack"))
        {
            errors.NotSupported("spec.ipFamilyPolicy", spec.IpFamilyPolicy, "PreferDualStack", "RequireDualStack", "SingleStack");
        }
    }

    private static void Addresses(List<string> addresses, ServiceSpec spec, string type, FieldErrors errors)
    {
        if (addresses is ["None", ..])
        {
            if (addresses.Count > 1)
            {
                errors.Invalid(ClusterIPs, addresses, "'None' must be the first and only value");
            }

            if (type is "NodePort" or "LoadBalancer")
            {
                errors.Invalid($"{ClusterIPs}[0]", "None", $"may not be set to 'None' for {type} services");
            }

            return;
        }

        if (addresses.Count > 2)
        {
            errors.Invalid(ClusterIPs, addresses, "may only hold up to 2 values");
        }

        var families = new List<string>();
        foreach (var (path, text) in errors.Each(ClusterIPs, addresses))
        {
            if (!AddressRules.TryParseAddress(text, out var address))
            {
                errors.Invalid(path, text, AddressRules.NotAnAddress);
                continue;
            }

            var family = address.AddressFamily == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
            if (families.Count < spec.IpFamilies?.Count && spec.IpFamilies[families.Count] != family)
            {
                errors.Invalid(path, text, $"expected an {spec.IpFamilies[families.Count]} value as indicated by `ipFamilies[{families.Count}]`");
            }

            families.Add(family);
        }

        if (families is [var first, var second] && first == second)
        {
            errors.Invalid(ClusterIPs, addresses, "may specify no more than one IP for each IP family");
        }
    }

    // No policy means SingleStack, except for headless Services without a selector, which take every family.
    private static void SingleStack(List<string> addresses, ServiceSpec spec, FieldErrors errors)
    {
        var isSingle = string.IsNullOrEmpty(spec.IpFamilyPolicy) ? !IsHeadlessWithoutSelector(spec) : spec.IpFamilyPolicy == "SingleStack";
        if (!isSingle)
        {
            return;
        }

        const string Field = "spec.ipFamilyPolicy";
        if (addresses.Count == 2)
        {
            errors.Invalid(Field, "SingleStack", "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified");
        }

        if (spec.IpFamilies is { Count: 2 })
        {
            errors.Invalid(Field, "SingleStack", "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified");
        }
    }

    /// <summary>Headless, endpoints written by hand: its families are the writer's choice, whatever ranges are configured.</summary>
    public static bool IsHeadlessWithoutSelector(ServiceSpec spec) => IsHeadless(spec) && (spec.Selector?.Count ?? 0) == 0;
}
