using EdgeProxy.Kubernetes.Manifests.Objects;
using EdgeProxy.Kubernetes.Manifests.Syntax;
using EdgeProxy.Kubernetes.Problems;

namespace EdgeProxy.Kubernetes.Manifests;

/// <summary>Reads manifests: YAML or JSON, several documents, lists. Pure: text in, objects and problems out; it never throws over content.</summary>
public static class ManifestReader
{
    // A text of nothing but broken documents is not a manifest; its user needs to hear that, not a line for each.
    private const int MostSyntaxErrors = 10;

    /// <summary>Reads <paramref name="text"/>; <paramref name="file"/> is only named in problems and origins.</summary>
    public static ManifestContent Read(string text, string file)
    {
        var problems = new ProblemSink();
        var objects = new ObjectReader(file, problems);
        var syntaxErrors = 0;

        // YAML and JSON both forbid these characters, so this is some other kind of file. (U+FEFF may begin a file.)
        if (text.AsSpan().TrimStart('\ufeff').ContainsAnyInRange('\0', '\b'))
        {
            return ManifestContent.Unreadable(new Problem(ProblemSeverity.Error, null, null, null, "not a text file", new SourceLocation(file, 0, 0)));
        }

        foreach (var document in DocumentSplitter.Split(text.TrimStart('\ufeff')))
        {
            var parsed = Parse(document);
            foreach (var root in parsed.Roots)
            {
                objects.Read(root);
            }

            if (parsed.Error is { } error && ++syntaxErrors <= MostSyntaxErrors)
            {
                Report(problems, file, error.Position, error.Message);
            }
        }

        if (syntaxErrors > MostSyntaxErrors)
        {
            Report(problems, file, new TextPosition(0, 0), $"{syntaxErrors - MostSyntaxErrors} more documents of this file cannot be read");
        }

        return new ManifestContent(objects.Items, problems.Problems, objects.Broken, objects.HasUnreadableParts || syntaxErrors > 0);
    }

    // What begins with a brace is mostly JSON, which YAML almost includes; but it may be YAML's own {flow: form} too.
    private static ParsedDocument Parse(DocumentText document)
    {
        if (!document.Text.AsSpan().TrimStart().StartsWith("{", StringComparison.Ordinal))
        {
            return YamlTree.Parse(document);
        }

        var json = JsonTree.Parse(document);
        if (json.Error is null)
        {
            return json;
        }

        var yaml = YamlTree.Parse(document);
        return yaml.Error is null ? yaml : json;
    }

    private static void Report(ProblemSink problems, string file, TextPosition at, string message) =>
        problems.Add(new Problem(ProblemSeverity.Error, null, null, null, message, new SourceLocation(file, at.Line, at.Column)));
}
