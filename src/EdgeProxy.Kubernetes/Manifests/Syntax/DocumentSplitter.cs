namespace EdgeProxy.Kubernetes.Manifests.Syntax;

/// <summary>One document's text and the number of lines in front of it.</summary>
internal readonly record struct DocumentText(string Text, int LinesBefore);

/// <summary>
/// Cuts a stream at its <c>---</c> lines, so that a document the parser gives up on does not take the others with it. No YAML scalar,
/// quoted or block, may hold such a line at column 1 (YAML 1.2 §9.1.2), nor may a JSON string.
/// </summary>
internal static class DocumentSplitter
{
    public static List<DocumentText> Split(string text)
    {
        var documents = new List<DocumentText>();
        var start = 0;
        var linesBefore = 0;
        var lineNumber = 0;
        var directives = false;
        var content = false;

        for (var at = 0; at < text.Length; lineNumber++)
        {
            var end = NextLine(text, at);
            var line = text.AsSpan(at, end - at);

            // A document's directives stand in front of its marker: that marker does not begin another document.
            if (IsMarker(line) && (content || !directives))
            {
                Add(start, at, linesBefore);
                (start, linesBefore, directives, content) = (at, lineNumber, false, line.TrimEnd().Length > 3);
            }
            else if (!content && line[0] == '%')
            {
                directives = true;
            }
            else
            {
                content |= !line.IsWhiteSpace() && line[0] != '#';
            }

            at = end;
        }

        Add(start, text.Length, linesBefore);
        return documents;

        void Add(int from, int to, int before)
        {
            if (!text.AsSpan(from, to - from).IsWhiteSpace())
            {
                documents.Add(new DocumentText(text[from..to], before));
            }
        }
    }

    private static bool IsMarker(ReadOnlySpan<char> line) =>
        line.StartsWith("---", StringComparison.Ordinal) && (line.Length == 3 || char.IsWhiteSpace(line[3]));

    private static int NextLine(string text, int from)
    {
        var at = text.AsSpan(from).IndexOfAny('\n', '\r');
        if (at < 0)
        {
            return text.Length;
        }

        at += from;
        return text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? at + 2 : at + 1;
    }
}
