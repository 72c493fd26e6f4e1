using System.Net.Sockets;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>discovery.k8s.io/v1 EndpointSlice.</summary>
internal static class EndpointSliceValidation
{
    private const int MostEndpoints = 1000;
    private const int MostPorts = 20_000;
    private const int MostAddresses = 100;

    public static void Validate(EndpointSlice slice, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(slice.AddressType))
        {
            errors.Required("addressType");
        }
        else if (slice.AddressType is not ("IPv4" or "IPv6" or "FQDN"))
        {
            errors.NotSupported("addressType", slice.AddressType, "FQDN", "IPv4", "IPv6");
        }

        TooMany("endpoints", slice.Endpoints?.Count, MostEndpoints, errors);
        TooMany("ports", slice.Ports?.Count, MostPorts, errors);
        foreach (var (path, endpoint) in errors.Each("endpoints", slice.Endpoints))
        {
            Endpoint(path, endpoint, slice.AddressType, errors);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, port) in errors.Each("ports", slice.Ports))
        {
            Port(path, port, names, errors);
        }
    }

    private static void Endpoint(string path, SliceEndpoint endpoint, string? addressType, FieldErrors errors)
    {
        if ((endpoint.Addresses?.Count ?? 0) == 0)
        {
            errors.Required($"{path}.addresses", "must contain at least 1 address");
        }

        TooMany($"{path}.addresses", endpoint.Addresses?.Count, MostAddresses, errors);
        foreach (var (addressPath, address) in errors.Each($"{path}.addresses", endpoint.Addresses))
        {
            Address(addressPath, address, addressType, errors);
        }

        if (endpoint.NodeName is { } node)
        {
            errors.Invalid($"{path}.nodeName", node, NameRules.Subdomain(node));
        }

        if (endpoint.Hostname is { } hostname)
        {
            errors.Invalid($"{path}.hostname", hostname, NameRules.Label(hostname));
        }
    }

    private static void Address(string path, string address, string? addressType, FieldErrors errors)
    {
        var family = addressType switch { "IPv4" => AddressFamily.InterNetwork, "IPv6" => AddressFamily.InterNetworkV6, _ => AddressFamily.Unspecified };
        if (family == AddressFamily.Unspecified)
        {
            if (addressType == "FQDN")
            {
                errors.Invalid(path, address, NameRules.Subdomain(address.EndsWith('.') ? address[..^1] : address));
            }

            return;
        }

        if (!AddressRules.TryParseAddress(address, out var parsed) || parsed.AddressFamily != family)
        {
            errors.Invalid(path, address, $"must be a valid {addressType} address");
            return;
        }

        errors.Invalid(path, address, AddressRules.Special(parsed));
    }

    private static void Port(string path, EndpointPort port, HashSet<string> names, FieldErrors errors)
    {
        var name = port.Name ?? "";
        if (name.Length > 0)
        {
            errors.Invalid($"{path}.name", name, NameRules.Label(name));
        }

        if (!names.Add(name))
        {
            errors.Duplicate($"{path}.name", name);
        }

        // The API server takes any number here, and none: the service proxies then ignore the port. A number outside the range is
        // always a mistake, and refusing it here keeps it from the data plane.
        if (port.Port is { } number)
        {
            errors.PortNumber($"{path}.port", number);
        }

        ProtocolRules.Validate($"{path}.protocol", port.Protocol, errors);
        ProtocolRules.ValidateApplication($"{path}.appProtocol", port.AppProtocol, errors);
    }

    private static void TooMany(string field, int? count, int limit, FieldErrors errors)
    {
        if (count > limit)
        {
            errors.InvalidRaw(field, $"{count}", $"must have at most {limit} items");
        }
    }
}
