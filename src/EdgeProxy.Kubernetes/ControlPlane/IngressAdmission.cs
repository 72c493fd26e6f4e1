using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Validation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>Ingresses: validation, and the default class for those that name none (admission plugin DefaultIngressClass).</summary>
internal sealed class IngressAdmission
{
    private readonly Admission<NamespacedName, Ingress> _admission = new();
    private readonly Dictionary<NamespacedName, (Ingress Written, string Class, Ingress Served)> _classed = [];

    public ImmutableDictionary<NamespacedName, Ingress> Apply(
        ImmutableDictionary<NamespacedName, Ingress> written, IEnumerable<IngressClass> classes, ProblemSink problems)
    {
        var byDefault = DefaultClass(classes, problems);
        foreach (var gone in _classed.Keys.Where(name => !written.ContainsKey(name)).ToList())
        {
            _classed.Remove(gone);
        }

        var sound = _admission.Judge(written, problems);
        return _admission.Serve(sound.Select(pair => KeyValuePair.Create(pair.Key, WithClass(pair.Value, byDefault))), written);
    }

    private static string? DefaultClass(IEnumerable<IngressClass> classes, ProblemSink problems)
    {
        // Newest first, then by name (plugin/pkg/admission/network/defaultingressclass).
        var defaults = classes
            .Where(each => (each.Metadata.Annotations ?? []).TryGetValue(IngressClass.DefaultAnnotation, out var value) && value == "true")
            .OrderByDescending(each => each.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue)
            .ThenBy(each => each.Metadata.Name, StringComparer.Ordinal)
            .ToList();
        foreach (var loser in defaults.Skip(1))
        {
            problems.Warning(
                loser,
                $"metadata.annotations[{IngressClass.DefaultAnnotation}]",
                $"{defaults.Count} default IngressClasses were found, only 1 allowed: {defaults[0].Metadata.Name} is used");
        }

        return defaults.FirstOrDefault()?.Metadata.Name;
    }

    private Ingress WithClass(Ingress written, string? byDefault)
    {
        if (byDefault is null || written.Spec.IngressClassName is not null
            || (written.Metadata.Annotations ?? []).ContainsKey(IngressValidation.ClassAnnotation))
        {
            return written;
        }

        if (_classed.TryGetValue(written.Name, out var before) && ReferenceEquals(before.Written, written) && before.Class == byDefault)
        {
            return before.Served;
        }

        var served = new Ingress
        {
            ApiVersion = written.ApiVersion,
            Kind = written.Kind,
            Metadata = written.Metadata,
            Origin = written.Origin,
            Status = written.Status,
            Spec = new IngressSpec
            {
                IngressClassName = byDefault,
                DefaultBackend = written.Spec.DefaultBackend,
                Rules = written.Spec.Rules,
                Tls = written.Spec.Tls,
            },
        };
        _classed[written.Name] = (written, byDefault, served);
        return served;
    }
}
