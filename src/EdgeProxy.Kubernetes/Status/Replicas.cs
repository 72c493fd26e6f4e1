using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>Tells replicas of ours from other pods. Pure.</summary>
internal static class Replicas
{
    // What a controller gives the pods of one revision: the replicas of a rollout are of two.
    private static readonly string[] RevisionLabels = ["pod-template-hash", "controller-revision-hash", "pod-template-generation"];

    /// <summary>The label selector that finds our replicas, <c>app=edgeproxy,tier=edge</c>; null when our pod has no labels to go by.</summary>
    public static string? SelectorOf(Pod own)
    {
        var labels = (own.Metadata.Labels ?? []).Where(label => !RevisionLabels.Contains(label.Key)).OrderBy(label => label.Key, StringComparer.Ordinal);
        var selector = string.Join(',', labels.Select(label => $"{label.Key}={label.Value}"));
        return selector.Length == 0 ? null : selector;
    }

    /// <summary>True when clients can be sent to it.</summary>
    public static bool IsReady(Pod pod) =>
        pod.Status?.Phase == "Running" && pod.Status.Conditions?.Exists(condition => condition is { Type: "Ready", Status: "True" }) is true;

    /// <summary>True when it is there to stay, or about to come: then what we have written is still true when we are gone.</summary>
    public static bool Remains(Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status?.Phase is "Running" or "Pending";
}
