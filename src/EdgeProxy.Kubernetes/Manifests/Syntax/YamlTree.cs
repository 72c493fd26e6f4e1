using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace EdgeProxy.Kubernetes.Manifests.Syntax;

/// <summary>Builds the tree of one piece of YAML from the parser's events; aliases and merge keys are resolved.</summary>
internal sealed partial class YamlTree
{
    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly int _linesBefore;
    private readonly Dictionary<AnchorName, ManifestNode> _anchors = [];
    private long _written;

    private YamlTree(DocumentText document)
    {
        _scanner = new Scanner(new StringReader(document.Text), skipComments: true);
        _parser = new Parser(_scanner);
        _linesBefore = document.LinesBefore;
    }

    public static ParsedDocument Parse(DocumentText document)
    {
        var roots = new List<ManifestNode>();
        var tree = new YamlTree(document);
        try
        {
            tree.ReadStream(roots);
            return new ParsedDocument(roots, null);
        }
        catch (YamlException exception)
        {
            return new ParsedDocument(roots, new SyntaxError(tree.PlaceOf(exception, document), Describe(exception)));
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or FormatException or OverflowException)
        {
            // YamlDotNet lets a few broken inputs escape as programming errors (found by the mutation test).
            return new ParsedDocument(roots, new SyntaxError(tree.At(tree._scanner.CurrentPosition), "YAML syntax: this text cannot be read"));
        }
    }

    private void ReadStream(List<ManifestNode> roots)
    {
        _parser.Consume<StreamStart>();
        while (!_parser.TryConsume<StreamEnd>(out _))
        {
            _anchors.Clear();
            _written = 0;
            _parser.Consume<DocumentStart>();
            var root = ReadNode(1);
            _parser.Consume<DocumentEnd>();
            if (root is not ScalarNode { Type: ScalarType.Null })
            {
                roots.Add(root);
            }
        }
    }

    private ManifestNode ReadNode(int depth)
    {
        _written++;
        if (depth > SyntaxLimits.Depth)
        {
            throw new YamlException(_parser.Current!.Start, _parser.Current.End, $"more than {SyntaxLimits.Depth} levels deep");
        }

        var first = _parser.Consume<ParsingEvent>();
        ManifestNode node = first switch
        {
            AnchorAlias alias => Resolve(alias),
            Scalar scalar => ReadScalar(scalar),
            SequenceStart start => ReadSequence(start, depth),
            MappingStart start => ReadMapping(start, depth),
            _ => throw new YamlException(first.Start, first.End, "unexpected content"),
        };
        if (node.Depth > SyntaxLimits.Depth || node.Size > _written + SyntaxLimits.AliasedNodes)
        {
            throw new YamlException(first.Start, first.End, "aliases expand to too much");
        }

        if (first is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            _anchors[anchored.Anchor] = node;
        }

        return node;
    }

    private ManifestNode Resolve(AnchorAlias alias) =>
        _anchors.TryGetValue(alias.Value, out var node)
            ? node
            : throw new YamlException(alias.Start, alias.End, "an alias to an anchor that is not there");

    private ScalarNode ReadScalar(Scalar scalar)
    {
        var at = At(scalar.Start);
        if (!scalar.Tag.IsEmpty)
        {
            return scalar.Tag.IsNonSpecific ? YamlScalars.Quoted(at, scalar.Value) : YamlScalars.Tagged(at, scalar.Value, scalar.Tag.Value);
        }

        return scalar.Style is ScalarStyle.Plain or ScalarStyle.Any ? YamlScalars.Plain(at, scalar.Value) : YamlScalars.Quoted(at, scalar.Value);
    }

    private SequenceNode ReadSequence(SequenceStart start, int depth)
    {
        var items = new List<ManifestNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return new SequenceNode(At(start.Start), items);
    }

    private MappingNode ReadMapping(MappingStart start, int depth)
    {
        var mapping = new MappingBuilder(At(start.Start));
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var merge = _parser.Current is Scalar { Value: "<<", Style: ScalarStyle.Plain };
            var at = _parser.Current!;
            var key = ReadNode(depth + 1) as ScalarNode;
            if (key is null or { Type: ScalarType.Null })
            {
                throw new YamlException(at.Start, at.End, "a mapping key must be a string");
            }

            var value = ReadNode(depth + 1);
            if (!merge)
            {
                mapping.Add(key.Value, key.Position, value);
            }
            else if (!mapping.TryMerge(value))
            {
                throw new YamlException(at.Start, at.End, "a merge key needs a mapping or a list of mappings");
            }
        }

        return mapping.Build();
    }

    private TextPosition At(in Mark mark) => new((int)mark.Line + _linesBefore, (int)mark.Column);

    // Of a tab, the commonest mistake, the parser only tells where the mapping around it starts.
    private TextPosition PlaceOf(YamlException exception, DocumentText document)
    {
        var tab = exception.Message.Contains(" tab ", StringComparison.Ordinal)
            ? TabIndent().Match(document.Text, (int)exception.Start.Index)
            : Match.Empty;
        if (!tab.Success)
        {
            return At(exception.Start);
        }

        var index = tab.Groups["tab"].Index;
        var lines = document.Text.AsSpan(0, index).Count('\n');
        return new TextPosition(lines + _linesBefore + 1, index - document.Text.LastIndexOf('\n', index));
    }

    // The parser quotes what it stumbled over, which may be part of a Secret: quotes and what follows them are cut.
    private static string Describe(YamlException exception)
    {
        var text = Quotation().Replace(exception.Message.Split('\n')[0], "…").TrimEnd('.', ' ');
        return $"YAML syntax: {char.ToLowerInvariant(text[0])}{text[1..]}";
    }

    [GeneratedRegex(@"\n *(?<tab>\t)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TabIndent();

    [GeneratedRegex("""['"`].*$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Quotation();
}
