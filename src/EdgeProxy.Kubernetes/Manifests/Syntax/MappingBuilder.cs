namespace EdgeProxy.Kubernetes.Manifests.Syntax;

/// <summary>Gathers the keys of one mapping: the last of equal keys wins, and own keys win over merged ones.</summary>
internal sealed class MappingBuilder(TextPosition position)
{
    // Most mappings have a handful of keys, which are found sooner by looking at each; an index of them would outweigh the mapping.
    private const int MostWithoutIndex = 16;

    private readonly List<MappingEntry> _entries = [];
    private Dictionary<string, int>? _index;
    private List<DuplicateKey>? _duplicates;
    private List<MappingNode>? _merged;

    public void Add(string key, TextPosition keyPosition, ManifestNode value)
    {
        var index = IndexOf(key);
        if (index >= 0)
        {
            (_duplicates ??= []).Add(new DuplicateKey(key, _entries[index].Position, keyPosition));
            _entries[index] = new MappingEntry(key, keyPosition, value);
            return;
        }

        Append(new MappingEntry(key, keyPosition, value));
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
        foreach (var entry in _merged is null ? [] : _merged.SelectMany(mapping => mapping.Entries))
        {
            if (IndexOf(entry.Key) < 0)
            {
                Append(entry);
            }
        }

        return new MappingNode(position, _entries, _duplicates);
    }

    private int IndexOf(string key)
    {
        if (_index is null)
        {
            for (var index = 0; index < _entries.Count; index++)
            {
                if (_entries[index].Key == key)
                {
                    return index;
                }
            }

            return -1;
        }

        return _index.GetValueOrDefault(key, -1);
    }

    private void Append(MappingEntry entry)
    {
        if (_entries.Count == MostWithoutIndex)
        {
            _index = _entries.Select((each, index) => (each.Key, index)).ToDictionary(StringComparer.Ordinal);
        }

        _index?.Add(entry.Key, _entries.Count);
        _entries.Add(entry);
    }
}
