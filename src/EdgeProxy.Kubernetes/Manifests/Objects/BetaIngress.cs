using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>
/// Reads the Ingress forms from before Kubernetes 1.22 as today's. What they leave open stays open: an absent pathType is
/// ImplementationSpecific there, and only v1 requires one.
/// </summary>
internal static class BetaIngress
{
    public static Ingress ToV1(IngressV1Beta1 beta) => new()
    {
        ApiVersion = beta.ApiVersion,
        Kind = beta.Kind,
        Metadata = beta.Metadata,
        Spec = new IngressSpec
        {
            IngressClassName = beta.Spec.IngressClassName,
            DefaultBackend = ToV1(beta.Spec.Backend),
            Rules = beta.Spec.Rules?.ConvertAll(ToV1),
            Tls = beta.Spec.Tls,
        },
    };

    /// <summary>The v1beta1 path of a v1 field.</summary>
    public static string FieldAsWritten(string field)
    {
        var written = field.StartsWith("spec.defaultBackend", StringComparison.Ordinal) ? $"spec.b{field["spec.defaultB".Length..]}" : field;
        return written
            .Replace("ackend.service.name", "ackend.serviceName", StringComparison.Ordinal)
            .Replace("ackend.service.port", "ackend.servicePort", StringComparison.Ordinal);
    }

    private static IngressRule ToV1(IngressV1Beta1Rule beta) => new()
    {
        Host = beta.Host,
        Http = beta.Http is null ? null : new HttpIngressRuleValue { Paths = beta.Http.Paths?.ConvertAll(ToV1) },
    };

    private static HttpIngressPath ToV1(IngressV1Beta1Path beta) => new()
    {
        Path = beta.Path,
        PathType = beta.PathType ?? "ImplementationSpecific",
        Backend = ToV1(beta.Backend),
    };

    private static IngressBackend? ToV1(IngressV1Beta1Backend? beta)
    {
        if (beta is null)
        {
            return null;
        }

        var service = beta.ServiceName is null && beta.ServicePort is null
            ? null
            : new IngressServiceBackend
            {
                Name = beta.ServiceName,
                Port = beta.ServicePort is { } port ? ToV1(port) : null,
            };
        return new IngressBackend { Service = service, Resource = beta.Resource };
    }

    private static ServiceBackendPort ToV1(IntOrString port) =>
        port.Text is null ? new ServiceBackendPort { Number = port.Number } : new ServiceBackendPort { Name = port.Text };
}
