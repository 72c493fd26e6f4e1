using System.Buffers;

namespace EdgeProxy.Http.FastLane;

/// <summary>The header lines of a head that are passed on as they are. Neighbours are one stretch, so that they are copied in one piece.</summary>
internal sealed class HeadLines
{
    /// <summary>Most header lines of a head in the fast lane.</summary>
    public const int MaxLines = 64;

    /// <summary>Bytes that have no place in a line, except tab, which has (RFC 9110 §5.5).</summary>
    public static readonly SearchValues<byte> Controls = SearchValues.Create([.. Enumerable.Range(0, 0x20).Where(value => value != '\t').Append(0x7F).Select(value => (byte)value)]);

    /// <summary>What names are made of (RFC 9110 §5.6.2).</summary>
    public static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private readonly List<(int Start, int End)> _stretches = new(MaxLines);

    /// <summary>Forgets all lines.</summary>
    public void Clear() => _stretches.Clear();

    /// <summary>Keeps a line; its end of line is not part of it.</summary>
    public void Add(int start, int end)
    {
        const int LineEnd = 2;
        var last = _stretches.Count - 1;
        if (last >= 0 && _stretches[last].End + LineEnd == start)
        {
            _stretches[last] = (_stretches[last].Start, end);
        }
        else
        {
            _stretches.Add((start, end));
        }
    }

    /// <summary>Writes the lines of the head they were found in, each with its end.</summary>
    public void WriteTo(ref ByteWriter to, ReadOnlySpan<byte> head)
    {
        foreach (var (start, end) in _stretches)
        {
            to.Write(head[start..end]);
            to.Write("\r\n"u8);
        }
    }
}
