using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>core/v1 Endpoints.</summary>
internal static class EndpointsValidation
{
    public static void Validate(Endpoints endpoints, FieldErrors errors)
    {
        foreach (var (path, subset) in errors.Each("subsets", endpoints.Subsets))
        {
            if ((subset.Addresses?.Count ?? 0) == 0 && (subset.NotReadyAddresses?.Count ?? 0) == 0)
            {
                errors.Required(path, "must specify `addresses` or `notReadyAddresses`");
            }

            Addresses($"{path}.addresses", subset.Addresses, errors);
            Addresses($"{path}.notReadyAddresses", subset.NotReadyAddresses, errors);
            foreach (var (portPath, port) in errors.Each($"{path}.ports", subset.Ports))
            {
                Port(portPath, port, subset.Ports!.Count > 1, errors);
            }
        }
    }

    private static void Addresses(string field, List<EndpointSubsetAddress>? addresses, FieldErrors errors)
    {
        foreach (var (path, address) in errors.Each(field, addresses))
        {
            if (AddressRules.TryParseAddress(address.Ip, out var parsed))
            {
                errors.Invalid($"{path}.ip", address.Ip, AddressRules.Special(parsed));
            }
            else
            {
                errors.Invalid($"{path}.ip", address.Ip, AddressRules.NotAnAddress);
            }

            if (!string.IsNullOrEmpty(address.Hostname))
            {
                errors.Invalid($"{path}.hostname", address.Hostname, NameRules.Label(address.Hostname));
            }

            if (address.NodeName is { } node)
            {
                errors.Invalid($"{path}.nodeName", node, NameRules.Subdomain(node));
            }
        }
    }

    private static void Port(string path, EndpointSubsetPort port, bool nameNeeded, FieldErrors errors)
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
        }

        errors.PortNumber($"{path}.port", port.Port ?? 0);
        ProtocolRules.Validate($"{path}.protocol", port.Protocol, errors);
        ProtocolRules.ValidateApplication($"{path}.appProtocol", port.AppProtocol, errors);
    }
}
