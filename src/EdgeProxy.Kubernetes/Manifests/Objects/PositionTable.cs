using System.Globalization;
using EdgeProxy.Kubernetes.Manifests.Syntax;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>
/// The places of an object's fields without their values: 24 bytes a node instead of the tree, since it lives as long as the object.
/// Nodes stand in the order they are written, each with the index after its last descendant.
/// </summary>
internal sealed class PositionTable
{
    private readonly Slot[] _slots;

    public PositionTable(MappingNode root)
    {
        var slots = new List<Slot>();
        Append(slots, null, root.Position, root);
        _slots = [.. slots];
    }

    /// <summary>The place of <paramref name="field"/> or of its nearest written parent.</summary>
    public TextPosition Locate(string? field)
    {
        var rest = field.AsSpan();
        var at = 0;
        while (Step(at, ref rest) is { } child)
        {
            at = child;
        }

        return new TextPosition(_slots[at].Line, _slots[at].Column);
    }

    private static void Append(List<Slot> slots, string? key, TextPosition position, ManifestNode node)
    {
        var index = slots.Count;
        slots.Add(default);
        switch (node)
        {
            case MappingNode mapping:
                mapping.Entries.ForEach(entry => Append(slots, string.IsInterned(entry.Key) ?? entry.Key, entry.Position, entry.Value));
                break;
            case SequenceNode sequence:
                sequence.Items.ForEach(item => Append(slots, null, item.Position, item));
                break;
        }

        slots[index] = new Slot(key, position.Line, position.Column, slots.Count);
    }

    // Takes one step of the path off its front: ".name", "[0]" or "[key]".
    private int? Step(int parent, ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart('.');
        if (rest.IsEmpty)
        {
            return null;
        }

        var close = rest.IndexOf(']');
        if (rest[0] != '[' || close < 0)
        {
            return LongestKey(parent, ref rest);
        }

        var inside = rest[1..close].Trim('"');
        var child = Keyed(parent, inside) ?? Item(parent, inside);
        rest = rest[(close + 1)..];
        return child;
    }

    // Keys may hold dots themselves (annotations), so the longest key that the path goes on with is the one meant.
    private int? LongestKey(int parent, ref ReadOnlySpan<char> rest)
    {
        int? found = null;
        var length = 0;
        for (var child = parent + 1; child < _slots[parent].End; child = _slots[child].End)
        {
            if (_slots[child].Key is { } key && key.Length > length && rest.StartsWith(key, StringComparison.Ordinal)
                && (rest.Length == key.Length || rest[key.Length] is '.' or '['))
            {
                (found, length) = (child, key.Length);
            }
        }

        rest = rest[length..];
        return found;
    }

    private int? Keyed(int parent, ReadOnlySpan<char> wanted)
    {
        for (var child = parent + 1; child < _slots[parent].End; child = _slots[child].End)
        {
            if (_slots[child].Key is { } key && wanted.SequenceEqual(key))
            {
                return child;
            }
        }

        return null;
    }

    private int? Item(int parent, ReadOnlySpan<char> text)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var wanted))
        {
            return null;
        }

        for (var child = parent + 1; child < _slots[parent].End; child = _slots[child].End)
        {
            if (_slots[child].Key is null && wanted-- == 0)
            {
                return child;
            }
        }

        return null;
    }

    private readonly record struct Slot(string? Key, int Line, int Column, int End);
}
