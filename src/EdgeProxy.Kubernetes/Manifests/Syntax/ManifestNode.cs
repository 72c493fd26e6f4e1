namespace EdgeProxy.Kubernetes.Manifests.Syntax;

/// <summary>A place in a file's text, counted from 1.</summary>
internal readonly record struct TextPosition(int Line, int Column);

/// <summary>What a plain scalar turned out to be. Quoted scalars are always <see cref="String"/>.</summary>
internal enum ScalarType
{
    String,
    Integer,
    Float,
    Boolean,
    Null,
}

/// <summary>
/// One value of a document, YAML or JSON alike, with its place. Aliases share nodes, so the tree is a graph without cycles;
/// <see cref="Size"/> and <see cref="Depth"/> count it expanded, which is how alias bombs are seen before anybody walks them.
/// </summary>
internal abstract class ManifestNode(TextPosition position)
{
    /// <summary>Where the value starts.</summary>
    public TextPosition Position { get; } = position;

    /// <summary>Nodes in the expanded tree, this one included; saturates at a value far above every limit.</summary>
    public long Size { get; protected set; } = 1;

    /// <summary>Levels in the expanded tree; 1 for a scalar.</summary>
    public int Depth { get; protected set; } = 1;

    protected void Count(ManifestNode child)
    {
        Size = Math.Min(Size + child.Size, long.MaxValue / 4);
        Depth = Math.Max(Depth, child.Depth + 1);
    }
}

/// <summary>
/// A scalar. <paramref name="value"/> is its JSON form (<c>true</c>, decimal digits), <paramref name="written"/> what the user wrote.
/// </summary>
internal sealed class ScalarNode(TextPosition position, ScalarType type, string value, string written) : ManifestNode(position)
{
    public ScalarType Type { get; } = type;

    public string Value { get; } = value;

    public string Written { get; } = written;
}

/// <summary>A list.</summary>
internal sealed class SequenceNode : ManifestNode
{
    public SequenceNode(TextPosition position, List<ManifestNode> items)
        : base(position)
    {
        Items = items;
        foreach (var item in items)
        {
            Count(item);
        }
    }

    public List<ManifestNode> Items { get; }
}

/// <summary>One key of a mapping and its value.</summary>
internal readonly record struct MappingEntry(string Key, TextPosition Position, ManifestNode Value);

/// <summary>A key that was written more than once: the last one won.</summary>
internal readonly record struct DuplicateKey(string Key, TextPosition First, TextPosition Last);

/// <summary>A mapping with unique keys in the order they were first written.</summary>
internal sealed class MappingNode : ManifestNode
{
    public MappingNode(TextPosition position, List<MappingEntry> entries, List<DuplicateKey>? duplicates)
        : base(position)
    {
        Entries = entries;
        Duplicates = duplicates ?? (IReadOnlyList<DuplicateKey>)[];
        foreach (var entry in entries)
        {
            Count(entry.Value);
        }
    }

    public List<MappingEntry> Entries { get; }

    public IReadOnlyList<DuplicateKey> Duplicates { get; }

    /// <summary>The value of <paramref name="key"/>; null when it is absent or written as null, which the API treats alike.</summary>
    public ManifestNode? this[string key]
    {
        get
        {
            foreach (var entry in Entries)
            {
                if (entry.Key == key)
                {
                    return entry.Value is ScalarNode { Type: ScalarType.Null } ? null : entry.Value;
                }
            }

            return null;
        }
    }

    /// <summary>The scalar under <paramref name="key"/> as text, whatever its type; null when there is none.</summary>
    public string? TextOf(string key) => this[key] is ScalarNode scalar ? scalar.Value : null;

    /// <summary>Where <paramref name="key"/> is written, or else where the mapping starts.</summary>
    public TextPosition PositionOf(string key)
    {
        foreach (var entry in Entries)
        {
            if (entry.Key == key)
            {
                return entry.Position;
            }
        }

        return Position;
    }
}
