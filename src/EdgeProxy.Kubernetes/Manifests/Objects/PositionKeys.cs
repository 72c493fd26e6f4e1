namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>The keys of one file by number, each kept once for all of the file's <see cref="PositionTable"/>s.</summary>
internal sealed class PositionKeys
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _keys = [];

    public string this[int number] => _keys[number];

    public int NumberOf(string key)
    {
        if (!_numbers.TryGetValue(key, out var number))
        {
            number = _keys.Count;
            _keys.Add(key);
            _numbers.Add(key, number);
        }

        return number;
    }
}
