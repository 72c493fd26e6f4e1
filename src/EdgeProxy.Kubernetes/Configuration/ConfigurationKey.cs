using EdgeProxy.Kubernetes.Annotations;

namespace EdgeProxy.Kubernetes.Configuration;

/// <summary>One key of the controller's ConfigMap, as it is documented. The table of all of them is <see cref="ConfigurationCatalog"/>.</summary>
/// <param name="Name">The key.</param>
/// <param name="Value">What may be written, and the default.</param>
/// <param name="Effect">What it does.</param>
internal sealed record ConfigurationKey(string Name, string Value, string Effect)
{
    /// <summary>What we do with it. Default <see cref="AnnotationSupport.Honoured"/>.</summary>
    public AnnotationSupport Support { get; init; }

    /// <summary>How it differs, why it has no effect, or what happens instead; null when there is nothing to say.</summary>
    public string? Note { get; init; }
}
