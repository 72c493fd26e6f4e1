namespace EdgeProxy.Kubernetes.Problems;

/// <summary>A place in a file. Line and column count from 1; 0 means the file as a whole.</summary>
public readonly record struct SourceLocation(string File, int Line, int Column)
{
    /// <inheritdoc />
    public override string ToString() => Line == 0 ? File : $"{File}:{Line}:{Column}";
}
