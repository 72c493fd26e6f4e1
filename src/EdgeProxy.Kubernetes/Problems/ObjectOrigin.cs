namespace EdgeProxy.Kubernetes.Problems;

/// <summary>Where an object was read from, able to find the line of one of its fields.</summary>
public abstract class ObjectOrigin
{
    /// <summary>The place of <paramref name="field"/> (<c>spec.ports[0].port</c>), or of its nearest parent that is written in the file.</summary>
    public abstract SourceLocation Locate(string? field);
}
