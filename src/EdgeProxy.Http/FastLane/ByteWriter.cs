using System.Text;

namespace EdgeProxy.Http.FastLane;

/// <summary>Writes one thing after another into a span that is large enough.</summary>
internal ref struct ByteWriter(Span<byte> to)
{
    private readonly Span<byte> _to = to;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Writes bytes.</summary>
    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_to[Length..]);
        Length += bytes.Length;
    }

    /// <summary>Writes text whose chars are bytes.</summary>
    public void Write(string text) => Length += Encoding.Latin1.GetBytes(text, _to[Length..]);

    /// <summary>Writes a header line.</summary>
    /// <param name="name">With colon and space.</param>
    /// <param name="value">What it says.</param>
    public void WriteLine(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        Write(name);
        Write(value);
        Write("\r\n"u8);
    }
}
