using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>networking.k8s.io/v1 Ingress, in the order the API server checks it. The beta forms were converted when they were read.</summary>
internal static class IngressValidation
{
    /// <summary>The deprecated way to name a class.</summary>
    public const string ClassAnnotation = "kubernetes.io/ingress.class";

    private static readonly string[] ForbiddenInPath = ["//", "/./", "/../", "%2f", "%2F"];
    private static readonly string[] ForbiddenAtEnd = ["/..", "/."];

    public static void Validate(Ingress ingress, FieldErrors errors)
    {
        var spec = ingress.Spec;
        if (spec is null)
        {
            errors.Required("spec");
            return;
        }

        if (spec.IngressClassName is { } className)
        {
            errors.Invalid("spec.ingressClassName", className, NameRules.Subdomain(className));
            if ((ingress.Metadata.Annotations ?? []).TryGetValue(ClassAnnotation, out var annotated))
            {
                errors.Invalid($"metadata.annotations[{ClassAnnotation}]", annotated, "can not be set when the class field is also set");
            }
        }

        if (spec.DefaultBackend is { } backend)
        {
            Backend("spec.defaultBackend", backend, errors);
        }

        if ((spec.Rules?.Count ?? 0) == 0 && spec.DefaultBackend is null)
        {
            var value = spec.Rules is null ? "[]networking.IngressRule(nil)" : "[]networking.IngressRule{}";
            errors.InvalidRaw("spec", value, "either `defaultBackend` or `rules` must be specified");
        }

        // Only v1 asks for a pathType; an absent one in the beta versions means ImplementationSpecific.
        var pathTypeNeeded = ingress.ApiVersion is null or "networking.k8s.io/v1";
        foreach (var (path, rule) in errors.Each("spec.rules", spec.Rules))
        {
            Rule(path, rule, pathTypeNeeded, errors);
        }

        foreach (var (path, tls) in errors.Each("spec.tls", spec.Tls))
        {
            Tls(path, tls, errors);
        }
    }

    private static void Rule(string path, IngressRule rule, bool pathTypeNeeded, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(rule.Host))
        {
            if (AddressRules.TryParseAddress(rule.Host, out _))
            {
                errors.Invalid($"{path}.host", rule.Host, "must be a DNS name, not an IP address");
            }

            Host($"{path}.host", rule.Host, errors);
        }

        if (rule.Http is null)
        {
            return;
        }

        if ((rule.Http.Paths?.Count ?? 0) == 0)
        {
            errors.Required($"{path}.http.paths");
        }

        foreach (var (pathPath, item) in errors.Each($"{path}.http.paths", rule.Http.Paths))
        {
            Path(pathPath, item, pathTypeNeeded, errors);
            if (item.Backend is { } backend)
            {
                Backend($"{pathPath}.backend", backend, errors);
            }
            else
            {
                errors.Invalid($"{pathPath}.backend", "", "resource or service backend is required");
            }
        }
    }

    private static void Path(string path, HttpIngressPath item, bool pathTypeNeeded, FieldErrors errors)
    {
        var text = item.Path ?? "";
        switch (item.PathType)
        {
            case null when pathTypeNeeded:
                errors.Required($"{path}.pathType", "pathType must be specified");
                break;
            case "Exact" or "Prefix":
                MatchedPath($"{path}.path", text, errors);
                break;
            case null or "ImplementationSpecific":
                if (text.Length > 0 && text[0] != '/')
                {
                    errors.Invalid($"{path}.path", text, "must be an absolute path");
                }

                break;
            default:
                errors.NotSupported($"{path}.pathType", item.PathType, "Exact", "ImplementationSpecific", "Prefix");
                break;
        }
    }

    private static void MatchedPath(string field, string text, FieldErrors errors)
    {
        if (!text.StartsWith('/'))
        {
            errors.Invalid(field, text, "must be an absolute path");
        }

        foreach (var part in ForbiddenInPath.Where(part => text.Contains(part, StringComparison.Ordinal)))
        {
            errors.Invalid(field, text, $"must not contain '{part}'");
        }

        foreach (var end in ForbiddenAtEnd.Where(end => text.EndsWith(end, StringComparison.Ordinal)))
        {
            errors.Invalid(field, text, $"cannot end with '{end}'");
        }
    }

    private static void Backend(string path, IngressBackend backend, FieldErrors errors)
    {
        switch (backend)
        {
            case { Service: not null, Resource: not null }:
                errors.Invalid(path, "", "cannot set both resource and service backends");
                break;
            case { Resource: { } resource }:
                ResourceBackend($"{path}.resource", resource, errors);
                break;
            case { Service: { } service }:
                ServiceBackend(path, service, errors);
                break;
            default:
                errors.Invalid(path, "", "resource or service backend is required");
                break;
        }
    }

    private static void ResourceBackend(string path, TypedObjectReference resource, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(resource.Kind))
        {
            errors.Required($"{path}.kind", "kind is required");
        }

        if (string.IsNullOrEmpty(resource.Name))
        {
            errors.Required($"{path}.name", "name is required");
        }
    }

    private static void ServiceBackend(string path, IngressServiceBackend service, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(service.Name))
        {
            errors.Required($"{path}.service.name");
        }
        else
        {
            errors.Invalid($"{path}.service.name", service.Name, NameRules.Label(service.Name));
        }

        var number = service.Port?.Number ?? 0;
        var hasName = !string.IsNullOrEmpty(service.Port?.Name);
        if (hasName && number != 0)
        {
            errors.Invalid(path, "", "cannot set both port name & port number");
        }
        else if (hasName)
        {
            errors.Invalid($"{path}.service.port.name", service.Port!.Name, NameRules.PortName(service.Port.Name!));
        }
        else if (number != 0)
        {
            errors.PortNumber($"{path}.service.port.number", number);
        }
        else
        {
            errors.Required(path, "port name or number is required");
        }
    }

    private static void Tls(string path, IngressTls tls, FieldErrors errors)
    {
        foreach (var (hostPath, host) in errors.Each($"{path}.hosts", tls.Hosts))
        {
            Host(hostPath, host, errors);
        }

        if (!string.IsNullOrEmpty(tls.SecretName))
        {
            errors.Invalid($"{path}.secretName", tls.SecretName, NameRules.Subdomain(tls.SecretName));
        }
    }

    private static void Host(string field, string host, FieldErrors errors) =>
        errors.Invalid(field, host, host.Contains('*', StringComparison.Ordinal) ? NameRules.WildcardSubdomain(host) : NameRules.Subdomain(host));
}
