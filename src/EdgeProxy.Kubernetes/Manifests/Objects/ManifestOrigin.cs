using EdgeProxy.Kubernetes.Problems;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>An object's place in a manifest. <paramref name="asWritten"/> maps a field of the served form to what the file's form calls it.</summary>
internal sealed class ManifestOrigin(string file, PositionTable positions, Func<string, string>? asWritten) : ObjectOrigin
{
    /// <inheritdoc />
    public override SourceLocation Locate(string? field)
    {
        var position = positions.Locate(field is null || asWritten is null ? field : asWritten(field));
        return new SourceLocation(file, position.Line, position.Column);
    }
}
