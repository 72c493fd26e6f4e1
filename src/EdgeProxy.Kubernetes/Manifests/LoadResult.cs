using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Manifests;

/// <summary>What the manifests say at one moment.</summary>
/// <param name="Objects">Every object to serve; the same instance as the load before when nothing changed.</param>
/// <param name="Problems">Everything wrong with paths, files and objects, in path order.</param>
/// <param name="CouldReadAll">True when every given path was there and every file could be read, whatever stands in them.</param>
/// <param name="LoadAgainAfter">Set when a file was found changing in a way that removes objects: they are kept until a load this much later.</param>
public sealed record LoadResult(ObjectSet Objects, IReadOnlyList<Problem> Problems, bool CouldReadAll, TimeSpan? LoadAgainAfter);
