namespace EdgeProxy.Kubernetes.Annotations;

/// <summary>What happens to an annotation that somebody writes.</summary>
public enum AnnotationSupport
{
    /// <summary>Means what it means to ingress-nginx.</summary>
    Honoured,

    /// <summary>Honoured with a difference, which <see cref="AnnotationSpec.Note"/> says.</summary>
    Differs,

    /// <summary>Accepted without effect: what it tunes does not exist here.</summary>
    NoEffect,

    /// <summary>Not supported. One that restricts access closes the Ingress.</summary>
    Unsupported,
}

/// <summary>One annotation of an Ingress, as it is documented. The table of all of them is <see cref="AnnotationCatalog"/>.</summary>
/// <param name="Name">Without prefix.</param>
/// <param name="Value">What may be written, and the default.</param>
/// <param name="Effect">What it does, in ingress-nginx v1.15.</param>
internal sealed record AnnotationSpec(string Name, string Value, string Effect)
{
    /// <summary>What we do with it. Default <see cref="AnnotationSupport.Honoured"/>.</summary>
    public AnnotationSupport Support { get; init; }

    /// <summary>How it differs, why it has no effect, or what happens instead; null when there is nothing to say.</summary>
    public string? Note { get; init; }

    /// <summary>
    /// True when it narrows who may get in, or whom we talk to: a value that cannot be honoured closes the Ingress (503). One moved here must
    /// never be more open than it was.
    /// </summary>
    public bool Restricts { get; init; }

    /// <summary>True when the controller's ConfigMap has a key of the same name that is the default.</summary>
    public bool HasConfigKey { get; init; }

    /// <summary>Its older name; null when it has none. The new name wins where both are written.</summary>
    public string? Alias { get; init; }
}
