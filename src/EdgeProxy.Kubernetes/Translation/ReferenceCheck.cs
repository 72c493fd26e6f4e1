using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using EdgeProxy.Model.Explaining;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>What names something that is not there. Each object is sound by itself, so nothing is refused, but the user should know.</summary>
public static class ReferenceCheck
{
    /// <summary>Looks at every served Ingress: its Services, their ports, its certificates, and rules that others have taken.</summary>
    public static IReadOnlyList<Problem> Find(ObjectSet objects, ProxySnapshot snapshot)
    {
        var problems = new ProblemSink();
        foreach (var ingress in objects.Ingresses.Values.Where(ingress => snapshot.Routes.Ingresses.ContainsKey(ingress.Name)).OrderBy(ingress => ingress.Name))
        {
            CheckBackend(problems, ingress, ingress.Spec.DefaultBackend, "spec.defaultBackend", objects, snapshot);
            CheckErrorPages(problems, ingress, objects, snapshot);
            for (var i = 0; i < (ingress.Spec.Rules?.Count ?? 0); i++)
            {
                var paths = ingress.Spec.Rules![i].Http?.Paths ?? [];
                for (var j = 0; j < paths.Count; j++)
                {
                    CheckBackend(problems, ingress, paths[j].Backend, $"spec.rules[{i}].http.paths[{j}].backend", objects, snapshot);
                }
            }

            CheckCanary(problems, ingress, snapshot);
            CheckCertificates(problems, ingress, objects, snapshot);
        }

        foreach (var shadowed in Shadowing.Find(snapshot.Routes))
        {
            var by = shadowed.By == shadowed.Ingress ? "the Ingress says so before" : $"Ingress \"{shadowed.By}\" is older";
            problems.Warning(
                objects.Ingresses[shadowed.Ingress],
                $"spec.rules[{shadowed.Rule}].http.paths[{shadowed.Path}]",
                $"shadowed: the same host, path and type are taken, {by}; the path is never reached",
                ProblemReason.Shadowed);
        }

        return problems.Problems;
    }

    private static void CheckBackend(ProblemSink problems, Ingress ingress, IngressBackend? backend, string field, ObjectSet objects, ProxySnapshot snapshot)
    {
        if (backend?.Service is not { Name: { } name } reference)
        {
            return;
        }

        var service = objects.Services.GetValueOrDefault(new NamespacedName(ingress.Name.Namespace, name));
        if (service is null)
        {
            problems.Warning(ingress, $"{field}.service.name", $"there is no Service \"{name}\" in namespace \"{ingress.Name.Namespace}\"; the path answers 503", ProblemReason.BackendMissing);
        }
        else if (service.Spec.Type is "ExternalName" && !snapshot.Services.ContainsKey(service.Name))
        {
            problems.Warning(ingress, $"{field}.service.name", $"Service \"{name}\" is of type ExternalName, which --allow-external-name-services forbids; the path answers 503", ProblemReason.BackendMissing);
        }
        else if (service.Spec.Type is "ExternalName" && reference.Port?.Number is > 0)
        {
            // Any number will do; the Service need not have it.
        }
        else if (service.Spec.Ports?.Exists(port => Names(reference.Port, port)) is not true)
        {
            problems.Warning(ingress, $"{field}.service.port", $"Service \"{name}\" has no TCP port \"{reference.Port?.Name ?? reference.Port?.Number?.ToString(System.Globalization.CultureInfo.InvariantCulture)}\"; the path answers 503", ProblemReason.BackendMissing);
        }
    }

    private static void CheckErrorPages(ProblemSink problems, Ingress ingress, ObjectSet objects, ProxySnapshot snapshot)
    {
        if (snapshot.Routes.Ingresses[ingress.Name].Policies?.ErrorPages is { Service: var service } && !objects.Services.ContainsKey(service))
        {
            var annotation = ingress.Metadata.Annotations?.Keys.FirstOrDefault(key => key.EndsWith("/default-backend", StringComparison.Ordinal));
            problems.Warning(ingress, $"metadata.annotations[{annotation}]", $"there is no Service \"{service.Name}\" in namespace \"{service.Namespace}\"; errors stay as they are", ProblemReason.BackendMissing);
        }
    }

    /// <summary>A canary needs a route to be the alternative of, and is the only one of that route.</summary>
    private static void CheckCanary(ProblemSink problems, Ingress ingress, ProxySnapshot snapshot)
    {
        var config = snapshot.Routes.Ingresses[ingress.Name];
        if (config.Canary is null)
        {
            return;
        }

        for (var i = 0; i < config.Rules.Length; i++)
        {
            foreach (var path in config.Rules[i].Paths)
            {
                var others = snapshot.Routes.ClaimantsOf(config.Rules[i].Host, path.Path, path.Type);
                if (others.All(other => other.Canary is not null))
                {
                    problems.Warning(ingress, $"spec.rules[{i}]", $"no other Ingress has path \"{path.Path}\" of this host and type; a canary alone serves nothing", ProblemReason.CanaryIdle);
                }
                else if (others.First(other => other.Canary is not null) is { } first && first != config)
                {
                    problems.Warning(ingress, $"spec.rules[{i}]", $"path \"{path.Path}\" has a canary already, Ingress {first.Name}; this one serves nothing", ProblemReason.CanaryIdle);
                }
            }
        }
    }

    private static bool Names(ServiceBackendPort? wanted, ServicePortSpec port) =>
        port.Protocol is null or "TCP"
        && (wanted?.Name is { } name ? string.Equals(name, port.Name, StringComparison.Ordinal) : wanted?.Number == port.Port);

    private static void CheckCertificates(ProblemSink problems, Ingress ingress, ObjectSet objects, ProxySnapshot snapshot)
    {
        for (var i = 0; i < (ingress.Spec.Tls?.Count ?? 0); i++)
        {
            var tls = ingress.Spec.Tls![i];
            if (string.IsNullOrEmpty(tls.SecretName))
            {
                continue;
            }

            var name = new NamespacedName(ingress.Name.Namespace, tls.SecretName);
            if (!objects.Secrets.ContainsKey(name))
            {
                problems.Warning(ingress, $"spec.tls[{i}].secretName", $"there is no Secret \"{tls.SecretName}\" in namespace \"{name.Namespace}\"; the default certificate is used", ProblemReason.CertificateInvalid);
            }
            else if (snapshot.Certificates.TryGetValue(name, out var certificate))
            {
                for (var j = 0; j < (tls.Hosts?.Count ?? 0); j++)
                {
                    if (!certificate.Covers(tls.Hosts![j].ToLowerInvariant()))
                    {
                        problems.Warning(ingress, $"spec.tls[{i}].hosts[{j}]", $"the certificate in Secret \"{tls.SecretName}\" does not cover \"{tls.Hosts[j]}\"; the default certificate is used", ProblemReason.CertificateInvalid);
                    }
                }
            }
        }
    }
}
