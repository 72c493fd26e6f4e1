using System.Collections.Frozen;
using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Annotations.Features;

namespace EdgeProxy.Kubernetes.Annotations;

/// <summary>Every annotation of an Ingress that is known, by feature. Documentation and reports are made from it.</summary>
internal static class AnnotationCatalog
{
    /// <summary>All features, in the order they are read and documented.</summary>
    public static ImmutableArray<AnnotationFeature> Features { get; } =
    [
        new RoutingAnnotations(), new RedirectAnnotations(), new ClientTlsAnnotations(), new AddressAnnotations(), new BasicAuthAnnotations(),
        new ExternalAuthAnnotations(), new CorsAnnotations(),
        new TransferAnnotations(), new RetryAnnotations(), new UpstreamAnnotations(), new AffinityAnnotations(), new CanaryAnnotations(),
        new LimitAnnotations(), new ResponseAnnotations(), new MirrorAnnotations(), new ObservabilityAnnotations(), new ForeignAnnotations(),
        new SnippetAnnotations(),
    ];

    private static readonly FrozenDictionary<string, AnnotationSpec> ByName = Features
        .SelectMany(feature => feature.Annotations)
        .SelectMany(spec => spec.Alias is { } alias ? [(spec.Name, spec), (alias, spec)] : new[] { (spec.Name, spec) })
        .ToFrozenDictionary(entry => entry.Item1, entry => entry.spec, StringComparer.Ordinal);

    /// <summary>The annotation of that name (without prefix), old names included; null when nobody knows it.</summary>
    public static AnnotationSpec? Find(string name) => ByName.GetValueOrDefault(name);
}
