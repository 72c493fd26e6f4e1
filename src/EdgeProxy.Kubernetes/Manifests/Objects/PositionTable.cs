using System.Globalization;
using EdgeProxy.Kubernetes.Manifests.Syntax;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>
/// The places of an object's fields without their values. It lives as long as the object and is asked only when there is a problem to
/// report, so it is packed: four bytes a node, mostly.
/// </summary>
/// <remarks>
/// Nodes in the order they are written, each as four numbers of seven bits a byte: the key (one more than its number, 0 in a list), how
/// many lines further down, the column, and how many nodes it is with those inside.
/// </remarks>
internal sealed class PositionTable
{
    private readonly PositionKeys _keys;
    private readonly byte[] _packed;

    public PositionTable(MappingNode root, PositionKeys keys)
    {
        _keys = keys;
        using var packed = new MemoryStream();
        using var writer = new BinaryWriter(packed);
        var line = 0;
        Append(writer, ref line, null, root.Position, root);
        _packed = packed.ToArray();
    }

    /// <summary>The place of <paramref name="field"/> or of its nearest written parent.</summary>
    public TextPosition Locate(string? field)
    {
        var slots = Unpack();
        var rest = field.AsSpan();
        var at = 0;
        while (Step(slots, at, ref rest) is { } child)
        {
            at = child;
        }

        return slots[at].Position;
    }

    private void Append(BinaryWriter writer, ref int line, string? key, TextPosition position, ManifestNode node)
    {
        writer.Write7BitEncodedInt(key is null ? 0 : _keys.NumberOf(key) + 1);
        writer.Write7BitEncodedInt(position.Line - line); // an alias leads back up: five bytes, and rare
        writer.Write7BitEncodedInt(position.Column);
        writer.Write7BitEncodedInt((int)node.Size);
        line = position.Line;
        switch (node)
        {
            case MappingNode mapping:
                foreach (var entry in mapping.Entries)
                {
                    Append(writer, ref line, entry.Key, entry.Position, entry.Value);
                }

                break;
            case SequenceNode sequence:
                foreach (var item in sequence.Items)
                {
                    Append(writer, ref line, null, item.Position, item);
                }

                break;
        }
    }

    private List<Slot> Unpack()
    {
        using var packed = new MemoryStream(_packed);
        using var reader = new BinaryReader(packed);
        var slots = new List<Slot>();
        var line = 0;
        while (packed.Position < packed.Length)
        {
            var key = reader.Read7BitEncodedInt();
            line += reader.Read7BitEncodedInt();
            var position = new TextPosition(line, reader.Read7BitEncodedInt());
            slots.Add(new Slot(key == 0 ? null : _keys[key - 1], position, slots.Count + reader.Read7BitEncodedInt()));
        }

        return slots;
    }

    // Takes one step of the path off its front: ".name", "[0]" or "[key]".
    private static int? Step(List<Slot> slots, int parent, ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart('.');
        if (rest.IsEmpty)
        {
            return null;
        }

        var close = rest.IndexOf(']');
        if (rest[0] != '[' || close < 0)
        {
            return LongestKey(slots, parent, ref rest);
        }

        var inside = rest[1..close].Trim('"');
        var child = Keyed(slots, parent, inside) ?? Item(slots, parent, inside);
        rest = rest[(close + 1)..];
        return child;
    }

    // Keys may hold dots themselves (annotations), so the longest key that the path goes on with is the one meant.
    private static int? LongestKey(List<Slot> slots, int parent, ref ReadOnlySpan<char> rest)
    {
        int? found = null;
        var length = 0;
        for (var child = parent + 1; child < slots[parent].End; child = slots[child].End)
        {
            if (slots[child].Key is { } key && key.Length > length && rest.StartsWith(key, StringComparison.Ordinal)
                && (rest.Length == key.Length || rest[key.Length] is '.' or '['))
            {
                (found, length) = (child, key.Length);
            }
        }

        rest = rest[length..];
        return found;
    }

    private static int? Keyed(List<Slot> slots, int parent, ReadOnlySpan<char> wanted)
    {
        for (var child = parent + 1; child < slots[parent].End; child = slots[child].End)
        {
            if (slots[child].Key is { } key && wanted.SequenceEqual(key))
            {
                return child;
            }
        }

        return null;
    }

    private static int? Item(List<Slot> slots, int parent, ReadOnlySpan<char> text)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var wanted))
        {
            return null;
        }

        for (var child = parent + 1; child < slots[parent].End; child = slots[child].End)
        {
            if (slots[child].Key is null && wanted-- == 0)
            {
                return child;
            }
        }

        return null;
    }

    /// <param name="Key">Null in a list.</param>
    /// <param name="Position">Its place.</param>
    /// <param name="End">The index after its last descendant.</param>
    private readonly record struct Slot(string? Key, TextPosition Position, int End);
}
