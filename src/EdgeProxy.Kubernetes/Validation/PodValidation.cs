using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>core/v1 Pod, the fields endpoints are made from. Most of a Pod is no business of a proxy.</summary>
internal static class PodValidation
{
    public static void Validate(Pod pod, FieldErrors errors)
    {
        if (pod.Spec is null)
        {
            errors.Required("spec");
            return;
        }

        foreach (var (path, container) in errors.Each("spec.containers", pod.Spec.Containers))
        {
            foreach (var (portPath, port) in errors.Each($"{path}.ports", container.Ports))
            {
                errors.PortNumber($"{portPath}.containerPort", port.Port ?? 0);
                ProtocolRules.Validate($"{portPath}.protocol", port.Protocol, errors);
                if (!string.IsNullOrEmpty(port.Name))
                {
                    errors.Invalid($"{portPath}.name", port.Name, NameRules.PortName(port.Name));
                }
            }
        }

        Address("status.podIP", pod.Status?.PodIP, errors);
        foreach (var (path, address) in errors.Each("status.podIPs", pod.Status?.PodIPs))
        {
            Address($"{path}.ip", address.Ip, errors);
        }
    }

    private static void Address(string field, string? address, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(address) && !AddressRules.TryParseAddress(address, out _))
        {
            errors.Invalid(field, address, AddressRules.NotAnAddress);
        }
    }
}
