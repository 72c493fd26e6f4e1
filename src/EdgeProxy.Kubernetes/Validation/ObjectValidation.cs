using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>What the API server would say when an object is created. Pure: no other object, range or clock is looked at.</summary>
/// <remarks>
/// Checked against a kube-apiserver 1.20. Rules and words that are known to have changed since (traffic policies, families, source
/// ranges, Service names) follow newer servers, which were not at hand to be asked. Left out on purpose: the refusal of loopback
/// addresses (<see cref="AddressRules.Special"/>), and a second error for a targetPort that was only defaulted from a wrong port.
/// </remarks>
public static class ObjectValidation
{
    /// <summary>Every field that is wrong, in the API server's order; empty when the object is sound.</summary>
    public static IReadOnlyList<FieldError> Validate(KubernetesObject subject)
    {
        var errors = new FieldErrors();
        MetadataValidation.Validate(subject, errors);
        switch (subject)
        {
            case Service service:
                ServiceValidation.Validate(service, errors);
                break;
            case Endpoints endpoints:
                EndpointsValidation.Validate(endpoints, errors);
                break;
            case EndpointSlice slice:
                EndpointSliceValidation.Validate(slice, errors);
                break;
            case Ingress ingress:
                IngressValidation.Validate(ingress, errors);
                break;
            case IngressClass ingressClass:
                IngressClassValidation.Validate(ingressClass, errors);
                break;
            case Secret secret:
                SecretValidation.Validate(secret, errors);
                break;
            case Pod pod:
                PodValidation.Validate(pod, errors);
                break;
            default:
                break;
        }

        return errors.All;
    }
}
