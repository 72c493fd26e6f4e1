using System.Collections.Immutable;

namespace EdgeProxy.Kubernetes.Annotations;

/// <summary>A group of annotations that are read together, documented together, and turned into one policy or a few.</summary>
internal abstract class AnnotationFeature
{
    /// <summary>The chapter's title in the documentation.</summary>
    public abstract string Title { get; }

    /// <summary>The annotations, in the order of the documentation.</summary>
    public abstract ImmutableArray<AnnotationSpec> Annotations { get; }

    /// <summary>Turns what is written into policies on <paramref name="reader"/>. Called for every Ingress, annotated or not: the ConfigMap has defaults.</summary>
    public abstract void Read(AnnotationReader reader);
}
