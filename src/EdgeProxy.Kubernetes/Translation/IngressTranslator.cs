using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Ingress → what routing needs. Pure.</summary>
internal static class IngressTranslator
{
    /// <summary>Translates a valid Ingress that is ours.</summary>
    public static IngressConfig Translate(Ingress ingress, AnnotationReader annotations, ProblemSink problems)
    {
        return new IngressConfig
        {
            Name = ingress.Name,
            Created = ingress.Metadata.CreationTimestamp,
            DefaultBackend = Backend(ingress, ingress.Spec.DefaultBackend, "spec.defaultBackend", problems),
            Rules = [.. (ingress.Spec.Rules ?? []).Select((rule, index) => Rule(ingress, rule, index, annotations, problems))],
            Tls = [.. (ingress.Spec.Tls ?? []).Select(tls => Tls(ingress, tls))],
            RewriteTarget = annotations.RewriteTarget,
            UseRegex = annotations.UseRegex,
            KeepsPatterns = annotations.KeepsPatterns,
            RedirectsToSlash = annotations.RedirectsToSlash,
            SslRedirect = annotations.SslRedirect,
            ForceSslRedirect = annotations.ForceSslRedirect,
            IsClosed = annotations.IsClosed,
            Policies = ReferenceEquals(annotations.Route, RoutePolicies.None) ? null : annotations.Route,
            HostPolicies = annotations.Host,
            Forwarding = annotations.Forwarding,
            Canary = annotations.Canary,
        };
    }

    private static IngressRuleConfig Rule(Ingress ingress, IngressRule rule, int index, AnnotationReader annotations, ProblemSink problems)
    {
        var paths = ImmutableArray.CreateBuilder<IngressPathConfig>();
        for (var i = 0; i < (rule.Http?.Paths?.Count ?? 0); i++)
        {
            var path = rule.Http!.Paths![i];
            var field = $"spec.rules[{index}].http.paths[{i}]";
            var text = string.IsNullOrEmpty(path.Path) ? "/" : path.Path;
            if ((annotations.UseRegex || annotations.RewriteTarget is not null) && !PathRewrite.TryCompile(text, out _))
            {
                problems.Error(ingress, $"{field}.path", $"Invalid value: \"{text}\": with {(annotations.RewriteTarget is null ? "use-regex" : "rewrite-target")} the path is a regular expression, and this one cannot be used (look-around and back-references are not supported)", ProblemReason.FieldInvalid);
                continue;
            }

            var type = path.PathType is "Exact" ? PathType.Exact : PathType.Prefix;
            paths.Add(new IngressPathConfig(text, type, Backend(ingress, path.Backend, $"{field}.backend", problems)));
        }

        return new IngressRuleConfig((rule.Host ?? "").ToLowerInvariant(), paths.ToImmutable());
    }

    private static BackendReference? Backend(Ingress ingress, IngressBackend? backend, string field, ProblemSink problems)
    {
        if (backend?.Service is { Name: { } name } service)
        {
            return new BackendReference(new NamespacedName(ingress.Name.Namespace, name), service.Port?.Name, service.Port?.Number ?? 0);
        }

        if (backend?.Resource is { } resource)
        {
            problems.Warning(ingress, $"{field}.resource", $"resource backends ({resource.Kind} {resource.Name}) are not supported; the path answers 503", ProblemReason.BackendMissing);
        }

        return null;
    }

    private static IngressTlsConfig Tls(Ingress ingress, IngressTls tls) => new(
        [.. (tls.Hosts ?? []).Select(host => host.ToLowerInvariant())],
        string.IsNullOrEmpty(tls.SecretName) ? null : new NamespacedName(ingress.Name.Namespace, tls.SecretName));
}
