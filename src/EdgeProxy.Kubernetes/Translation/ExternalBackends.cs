using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Which Ingresses lead to Services of type ExternalName, and by which ports: such a Service need not have ports of its own. Pure.</summary>
internal static class ExternalBackends
{
    /// <summary>The ports that Ingresses of ours name, by Service of type ExternalName.</summary>
    public static ILookup<NamespacedName, ServiceBackendPort> Asked(ObjectSet objects, TranslationOptions options) =>
        objects.Ingresses.Values
            .Where(ingress => IngressClassRule.IsOurs(ingress, objects.IngressClasses, options))
            .SelectMany(ingress => Of(ingress, objects))
            .ToLookup(entry => entry.Service, entry => entry.Port);

    /// <summary>The Services of type ExternalName that an Ingress which came, changed or went leads to, or led to.</summary>
    public static IEnumerable<NamespacedName> Touched(ObjectSet before, ObjectSet next, ObjectChanges changes)
    {
        // A class decides whose an Ingress is.
        var ingresses = changes.IngressClasses.IsEmpty ? changes.Ingresses : changes.Ingresses.Concat(next.Ingresses.Keys);
        return ingresses.SelectMany(name => Of(before.Ingresses.GetValueOrDefault(name), next).Concat(Of(next.Ingresses.GetValueOrDefault(name), next)))
            .Select(entry => entry.Service);
    }

    private static IEnumerable<(NamespacedName Service, ServiceBackendPort Port)> Of(Ingress? ingress, ObjectSet objects)
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
            .Where(entry => objects.Services.GetValueOrDefault(entry.Service)?.Spec.Type is "ExternalName");
    }
}
