using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Decides whether an Ingress is ours.</summary>
internal static class IngressClassRule
{
    /// <summary>The annotation that named the class before <c>spec.ingressClassName</c> existed.</summary>
    public const string DeprecatedAnnotation = "kubernetes.io/ingress.class";

    /// <summary>
    /// Ours is: a class whose object names one of our controllers; the configured class name, object or not; and everything when there is no
    /// class object at all and the options say so. Admission has already given the default class to those without one.
    /// </summary>
    public static bool IsOurs(Ingress ingress, IReadOnlyDictionary<NamespacedName, IngressClass> classes, TranslationOptions options)
    {
        if (classes.Count == 0 && options.ServeAllWithoutClasses)
        {
            return true;
        }

        var name = ingress.Spec.IngressClassName ?? ingress.Metadata.Annotations?.GetValueOrDefault(DeprecatedAnnotation);
        if (string.IsNullOrEmpty(name))
        {
            return false;
        }

        return classes.TryGetValue(new NamespacedName("", name), out var ingressClass)
            ? ingressClass.Spec.Controller is { } controller && options.Controllers.Contains(controller, StringComparer.Ordinal)
            : string.Equals(name, options.IngressClass, StringComparison.Ordinal);
    }
}
