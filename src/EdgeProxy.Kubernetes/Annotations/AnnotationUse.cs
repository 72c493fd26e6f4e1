namespace EdgeProxy.Kubernetes.Annotations;

/// <summary>One annotation as somebody wrote it, and what became of it; for reports.</summary>
/// <param name="Name">With its prefix.</param>
/// <param name="Support">What is done with it.</param>
/// <param name="Note">How it differs, why it has no effect, what is wrong with its value; null when there is nothing to say.</param>
public sealed record AnnotationUse(string Name, AnnotationSupport Support, string? Note);
