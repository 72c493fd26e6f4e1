using System.Globalization;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>
/// The annotation <c>edgeproxy.io/weight</c>: on an EndpointSlice or a Pod a number, on a Service a map (<see cref="ServiceAnnotations"/>).
/// </summary>
internal static class EndpointWeight
{
    /// <summary>Its name.</summary>
    public const string Annotation = "edgeproxy.io/weight";

    /// <summary>What a weight must be.</summary>
    public const string Rule = "must be a whole number from 0 to 65535";

    /// <summary>The field of <see cref="Annotation"/> in a problem.</summary>
    public const string Field = $"metadata.annotations[{Annotation}]";

    /// <summary>Reads a weight; 0 means no new connections.</summary>
    public static bool TryParse(string text, out int weight) =>
        int.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out weight) && weight <= ushort.MaxValue;

    /// <summary>The weight an EndpointSlice or Pod gives; null, with a problem where there is something to report, when it gives none.</summary>
    public static int? Of(KubernetesObject subject, ProblemSink? problems)
    {
        if (subject.Metadata.Annotations?.GetValueOrDefault(Annotation) is not { } text)
        {
            return null;
        }

        if (TryParse(text, out var weight))
        {
            return weight;
        }

        problems?.Warning(subject, Field, $"Invalid value: \"{text}\": {Rule}; taken as absent", ProblemReason.AnnotationIgnored);
        return null;
    }
}
