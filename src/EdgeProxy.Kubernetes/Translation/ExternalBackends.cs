using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>
/// Which Ingresses lead to Services of type ExternalName, be it by default-backend or auth-url, and by which ports: such a Service need not have
/// ports of its own. Pure.
/// </summary>
internal static class ExternalBackends
{
    /// <summary>The ports that Ingresses of ours name, by Service of type ExternalName.</summary>
    public static ILookup<NamespacedName, ServiceBackendPort> Asked(ObjectSet objects, TranslationOptions options) =>
        objects.Ingresses.Values
            .Where(ingress => IngressClassRule.IsOurs(ingress, objects.IngressClasses, options))
            .SelectMany(ingress => Of(ingress, objects, options))
            .Concat(OfAll(options).Where(entry => IsExternal(entry.Service, objects)))
            .ToLookup(entry => entry.Service, entry => entry.Port);

    /// <summary>The Services of type ExternalName that an Ingress which came, changed or went leads to, or led to.</summary>
    public static IEnumerable<NamespacedName> Touched(ObjectSet before, ObjectSet next, ObjectChanges changes, TranslationOptions options)
    {
        // A class decides whose an Ingress is.
        var ingresses = changes.IngressClasses.IsEmpty ? changes.Ingresses : changes.Ingresses.Concat(next.Ingresses.Keys);
        return ingresses
            .SelectMany(name => Of(before.Ingresses.GetValueOrDefault(name), next, options).Concat(Of(next.Ingresses.GetValueOrDefault(name), next, options)))
            .Select(entry => entry.Service);
    }

    /// <summary>What the process and the ConfigMap name for all Ingresses.</summary>
    private static IEnumerable<(NamespacedName Service, ServiceBackendPort Port)> OfAll(TranslationOptions options)
    {
        if (options.DefaultBackendService is { } service)
        {
            yield return (service, new ServiceBackendPort());
        }

        if (ServiceOf(options.Configuration.GetValueOrDefault("global-auth-url")) is { } auth)
        {
            yield return auth;
        }
    }

    private static IEnumerable<(NamespacedName Service, ServiceBackendPort Port)> Of(Ingress? ingress, ObjectSet objects, TranslationOptions options)
    {
        if (ingress is null)
        {
            return [];
        }

        return (ingress.Spec.Rules ?? [])
            .SelectMany(rule => rule.Http?.Paths ?? [])
            .Select(path => path.Backend)
            .Append(ingress.Spec.DefaultBackend)
            .Select(backend => backend?.Service)
            .OfType<IngressServiceBackend>()
            .Where(backend => backend is { Name: not null, Port: not null })
            .Select(backend => (Service: new NamespacedName(ingress.Name.Namespace, backend.Name!), Port: backend.Port!))
            .Concat(OfAnnotations(ingress, options))
            .Where(entry => IsExternal(entry.Service, objects));
    }

    /// <summary>Under any of the prefixes: which one holds is the reader's business, and a look-up more does no harm.</summary>
    private static IEnumerable<(NamespacedName Service, ServiceBackendPort Port)> OfAnnotations(Ingress ingress, TranslationOptions options)
    {
        foreach (var prefix in ingress.Metadata.Annotations is null ? [] : options.AnnotationPrefixes)
        {
            if (ingress.Metadata.Annotations!.GetValueOrDefault(prefix + "default-backend")?.Trim() is { Length: > 0 } pages)
            {
                yield return (new NamespacedName(ingress.Name.Namespace, pages), new ServiceBackendPort());
            }

            if (ServiceOf(ingress.Metadata.Annotations!.GetValueOrDefault(prefix + "auth-url")) is { } auth)
            {
                yield return auth;
            }
        }
    }

    /// <summary>The Service that a URL names by its name in the cluster's DNS.</summary>
    private static (NamespacedName Service, ServiceBackendPort Port)? ServiceOf(string? url) =>
        Uri.TryCreate(url?.Trim(), UriKind.Absolute, out var target) && ClusterName.TryParse(target.Host, out var service)
            ? (service, new ServiceBackendPort { Number = target.Port })
            : null;

    private static bool IsExternal(NamespacedName service, ObjectSet objects) => objects.Services.GetValueOrDefault(service)?.Spec.Type is "ExternalName";
}
