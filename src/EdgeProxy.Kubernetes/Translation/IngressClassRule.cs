using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>Decides whether an Ingress is ours.</summary>
internal static class IngressClassRule
{
    /// <summary>The annotation that named the class before <c>spec.ingressClassName</c> existed.</summary>
    public const string DeprecatedAnnotation = "kubernetes.io/ingress.class";

    /// <summary>
    /// Ours is: a class whose object names one of our controllers; the configured class by the old annotation, or by whatever names it where the
    /// options say so; what names no class where they say that; and everything when there is no class object at all and they say that.
    /// Admission has already given the default class to those without one.
    /// </summary>
    /// <remarks>A class without an object is not ours yet: it becomes ours with its object. With the field set the annotation is never read.</remarks>
    public static bool IsOurs(Ingress ingress, IReadOnlyDictionary<NamespacedName, IngressClass> classes, TranslationOptions options)
    {
        if (classes.Count == 0 && options.ServeAllWithoutClasses)
        {
            return true;
        }

        if (ingress.Spec.IngressClassName is { Length: > 0 } name)
        {
            return (options.IngressClassByName && name == options.IngressClass) || NamesOurController(name, classes, options);
        }

        var annotation = ingress.Metadata.Annotations?.GetValueOrDefault(DeprecatedAnnotation);
        return string.IsNullOrEmpty(annotation)
            ? options.WatchIngressWithoutClass
            : annotation == options.IngressClass || NamesOurController(annotation, classes, options);
    }

    /// <summary>True when field and annotation disagree.</summary>
    public static bool HasIdleAnnotation(Ingress ingress) =>
        ingress.Spec.IngressClassName is { Length: > 0 } name
        && ingress.Metadata.Annotations?.GetValueOrDefault(DeprecatedAnnotation) is { Length: > 0 } annotation
        && annotation != name;

    private static bool NamesOurController(string name, IReadOnlyDictionary<NamespacedName, IngressClass> classes, TranslationOptions options) =>
        classes.GetValueOrDefault(new NamespacedName("", name))?.Spec.Controller is { } controller
        && options.Controllers.Contains(controller, StringComparer.Ordinal);
}
