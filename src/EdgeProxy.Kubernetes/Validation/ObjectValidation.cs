using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>What the API server would say when an object is created. Pure: no other object, range or clock is looked at.</summary>
/// <remarks>
/// The wording is that of Kubernetes 1.34, checked against a 1.20 server where that has the same rule. The one rule left out on
/// purpose is the refusal of loopback addresses (<see cref="AddressRules.Special"/>).
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
