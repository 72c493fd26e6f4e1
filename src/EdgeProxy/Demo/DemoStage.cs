using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Demo;

/// <summary>What <c>demo</c> puts between reading and the control plane: workloads become pods, and the pods are played.</summary>
internal sealed class DemoStage(DemoWorkloads workloads, DemoPods pods)
{
    /// <summary>Ends when every pod that can listen does, so that no request is sent to one that does not yet.</summary>
    public async Task<(ObjectSet Objects, IReadOnlyList<Problem> Problems)> PlayAsync(LoadResult loaded, CancellationToken cancellationToken)
    {
        var problems = new ProblemSink();
        var expanded = workloads.Expand(loaded.Objects, problems);
        var unplayed = await pods.ReconcileAsync(expanded, cancellationToken);
        return (expanded, [.. loaded.Problems, .. problems.Problems, .. unplayed]);
    }
}
