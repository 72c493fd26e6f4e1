using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Manifests;

/// <summary>What one manifest file says: the objects that could be read, in the order they are written, and everything wrong with the rest.</summary>
public sealed class ManifestContent
{
    internal ManifestContent(
        IReadOnlyList<ReadObject> items, IReadOnlyList<Problem> problems, IReadOnlySet<ObjectKey> broken, bool hasUnreadableParts)
    {
        Items = items;
        Problems = problems;
        Broken = broken;
        HasUnreadableParts = hasUnreadableParts;
    }

    /// <summary>The objects.</summary>
    public IEnumerable<KubernetesObject> Objects => Items.Select(item => item.Object);

    /// <summary>The problems, in the order they were found.</summary>
    public IReadOnlyList<Problem> Problems { get; }

    /// <summary>The objects with what tells whether their content changed.</summary>
    internal IReadOnlyList<ReadObject> Items { get; }

    /// <summary>Objects that are written in the file but could not be read.</summary>
    internal IReadOnlySet<ObjectKey> Broken { get; }

    /// <summary>True when some part could not even be told to be an object: it may have held any.</summary>
    internal bool HasUnreadableParts { get; }

    /// <summary>A file of which nothing can be read.</summary>
    internal static ManifestContent Unreadable(Problem problem) => new([], [problem], new HashSet<ObjectKey>(), hasUnreadableParts: true);
}

/// <summary>An object and a digest of the content it was made from.</summary>
internal sealed record ReadObject(ObjectKey Key, KubernetesObject Object, UInt128 Digest);
