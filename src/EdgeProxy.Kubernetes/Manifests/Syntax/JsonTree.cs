using System.Text;
using System.Text.Json;

namespace EdgeProxy.Kubernetes.Manifests.Syntax;

/// <summary>Builds the trees of one or several JSON values written after each other, as <c>kubectl get -o json</c> in a loop leaves them.</summary>
internal ref struct JsonTree
{
    private readonly byte[] _utf8;
    private readonly int _linesBefore;
    private Utf8JsonReader _reader;

    // Where counting lines has come to; tokens come in order, so every byte is counted once.
    private int _counted;
    private int _line = 1;
    private int _column = 1;

    private JsonTree(DocumentText document)
    {
        _utf8 = Encoding.UTF8.GetBytes(document.Text);
        _linesBefore = document.LinesBefore;
        _reader = new Utf8JsonReader(_utf8, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = SyntaxLimits.Depth });
    }

    public static ParsedDocument Parse(DocumentText document)
    {
        var roots = new List<ManifestNode>();
        var tree = new JsonTree(document);
        try
        {
            while (tree._reader.Read())
            {
                roots.Add(tree.ReadValue());
            }

            return new ParsedDocument(roots, null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The reader's own text is not passed on: it quotes the input. InvalidOperation: an escape that is half a character.
            return new ParsedDocument(roots, new SyntaxError(tree.PositionOf((int)tree._reader.BytesConsumed), "JSON syntax: not valid from here on"));
        }
    }

    private ManifestNode ReadValue()
    {
        var at = PositionOf((int)_reader.TokenStartIndex);
        return _reader.TokenType switch
        {
            JsonTokenType.StartObject => ReadObject(at),
            JsonTokenType.StartArray => ReadArray(at),
            JsonTokenType.String => YamlScalars.Quoted(at, _reader.GetString()!),
            JsonTokenType.Number => ReadNumber(at),
            JsonTokenType.True => new ScalarNode(at, ScalarType.Boolean, "true", "true"),
            JsonTokenType.False => new ScalarNode(at, ScalarType.Boolean, "false", "false"),
            _ => new ScalarNode(at, ScalarType.Null, "", "null"),
        };
    }

    private readonly ScalarNode ReadNumber(TextPosition at)
    {
        var text = Encoding.UTF8.GetString(_reader.ValueSpan);
        return new ScalarNode(at, text.AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? ScalarType.Integer : ScalarType.Float, text, text);
    }

    private SequenceNode ReadArray(TextPosition at)
    {
        var items = new List<ManifestNode>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(ReadValue());
        }

        return new SequenceNode(at, items);
    }

    private MappingNode ReadObject(TextPosition at)
    {
        var mapping = new MappingBuilder(at);
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var keyAt = PositionOf((int)_reader.TokenStartIndex);
            var key = _reader.GetString()!;
            _reader.Read();
            mapping.Add(key, keyAt, ReadValue());
        }

        return mapping.Build();
    }

    private TextPosition PositionOf(int index)
    {
        for (; _counted < index && _counted < _utf8.Length; _counted++)
        {
            var unit = _utf8[_counted];
            if (unit == (byte)'\n')
            {
                (_line, _column) = (_line + 1, 1);
            }
            else if ((unit & 0xC0) != 0x80)
            {
                // Columns count characters: the later bytes of one are not counted.
                _column++;
            }
        }

        return new TextPosition(_line + _linesBefore, _column);
    }
}
