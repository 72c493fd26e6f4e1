using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>An object that could not be translated although nothing is wrong with it that we know of.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Error">What went wrong; for the log of the process only.</param>
public sealed record TranslationFault(string Kind, NamespacedName Name, Exception Error);
