namespace EdgeProxy.Kubernetes.Manifests.Syntax;

/// <summary>Why the rest of a document cannot be read. The text never quotes the document: it may hold a Secret.</summary>
internal sealed record SyntaxError(TextPosition Position, string Message);

/// <summary>The values one piece of text holds, up to the error that ended it, if any.</summary>
internal sealed record ParsedDocument(IReadOnlyList<ManifestNode> Roots, SyntaxError? Error);

/// <summary>Bounds that no honest manifest reaches.</summary>
internal static class SyntaxLimits
{
    /// <summary>Nested levels; deeper ones would cost stack in every walker.</summary>
    public const int Depth = 100;

    /// <summary>Nodes that aliases and merge keys may add to those written.</summary>
    public const int AliasedNodes = 100_000;
}
