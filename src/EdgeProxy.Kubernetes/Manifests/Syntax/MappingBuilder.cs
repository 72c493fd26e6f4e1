namespace EdgeProxy.Kubernetes.Manifests.Syntax;

/// <summary>Gathers the keys of one mapping: the last of equal keys wins, and own keys win over merged ones.</summary>
internal sealed class MappingBuilder(TextPosition position)
{
    private readonly List<MappingEntry> _entries = [];
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private List<DuplicateKey>? _duplicates;
    private List<MappingNode>? _merged;

    public void Add(string key, TextPosition keyPosition, ManifestNode value)
    {
        if (_index.TryGetValue(key, out var index))
        {
            (_duplicates ??= []).Add(new DuplicateKey(key, _entries[index].Position, keyPosition));
            _entries[index] = new MappingEntry(key, keyPosition, value);
            return;
        }

        _index.Add(key, _entries.Count);
        _entries.Add(new MappingEntry(key, keyPosition, value));
    }

    /// <summary>Takes a <c>&lt;&lt;</c> value: a mapping or a list of mappings. False when it is neither.</summary>
    public bool TryMerge(ManifestNode value)
    {
        _merged ??= [];
        switch (value)
        {
            case MappingNode mapping:
                _merged.Add(mapping);
                return true;
            case SequenceNode sequence when sequence.Items.TrueForAll(item => item is MappingNode):
                _merged.AddRange(sequence.Items.Cast<MappingNode>());
                return true;
            default:
                return false;
        }
    }

    public MappingNode Build()
    {
        // The merge key type (yaml.org/type/merge): own keys override, and earlier mappings of a list override later ones.
        foreach (var entry in (_merged ?? []).SelectMany(mapping => mapping.Entries))
        {
            if (_index.TryAdd(entry.Key, _entries.Count))
            {
                _entries.Add(entry);
            }
        }

        return new MappingNode(position, _entries, _duplicates);
    }
}
