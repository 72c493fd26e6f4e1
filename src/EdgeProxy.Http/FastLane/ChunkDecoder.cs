namespace EdgeProxy.Http.FastLane;

/// <summary>Takes a chunked body apart, in pieces of any size (RFC 9112 §7.1). Extensions and trailers end here.</summary>
internal struct ChunkDecoder
{
    private const int MostDigits = 15;

    // A line nobody needs must not go on for ever.
    private const int MostUselessBytes = 64 * 1024;

    private Step _step;
    private int _digits;
    private int _useless;
    private long _left;

    private enum Step : byte
    {
        Size,
        Extension,
        SizeEnd,
        Data,
        DataEnd,
        DataLineEnd,
        TrailerStart,
        Trailer,
        TrailerEnd,
        LastEnd,
        Complete,
        Invalid,
    }

    /// <summary>The last chunk and its trailers are over.</summary>
    public readonly bool IsComplete => _step == Step.Complete;

    /// <summary>This is no chunked body.</summary>
    public readonly bool IsInvalid => _step == Step.Invalid;

    /// <summary>Takes bytes; what they have of the body is moved together in them.</summary>
    /// <param name="bytes">The next bytes.</param>
    /// <param name="start">Where the body's bytes begin.</param>
    /// <param name="count">How many there are.</param>
    /// <returns>How many bytes were looked at: all, unless the body ended or is invalid.</returns>
    public int Decode(Span<byte> bytes, out int start, out int count)
    {
        start = 0;
        count = 0;
        var at = 0;
        while (at < bytes.Length && _step < Step.Complete)
        {
            if (_step != Step.Data)
            {
                Next(bytes[at++]);
                continue;
            }

            var length = (int)Math.Min(_left, bytes.Length - at);
            if (count == 0)
            {
                start = at;
            }
            else
            {
                bytes.Slice(at, length).CopyTo(bytes[(start + count)..]);
            }

            count += length;
            at += length;
            _left -= length;
            _step = _left == 0 ? Step.DataEnd : Step.Data;
        }

        return at;
    }

    private void Next(byte value) => _step = _step switch
    {
        Step.Size => Size(value),
        Step.Extension => Skip(value, Step.SizeEnd, Step.Extension),
        Step.SizeEnd => value == '\n' ? EndSize() : Step.Invalid,
        Step.DataEnd => value == '\r' ? Step.DataLineEnd : Step.Invalid,
        Step.DataLineEnd => value == '\n' ? Step.Size : Step.Invalid,
        Step.TrailerStart when value == '\r' => Step.LastEnd,
        Step.TrailerStart or Step.Trailer => Skip(value, Step.TrailerEnd, Step.Trailer),
        Step.TrailerEnd => value == '\n' ? Step.TrailerStart : Step.Invalid,
        Step.LastEnd => value == '\n' ? Step.Complete : Step.Invalid,
        _ => Step.Invalid,
    };

    private Step Size(byte value)
    {
        if (char.IsAsciiHexDigit((char)value))
        {
            _left = (_left << 4) | (uint)(value <= '9' ? value - '0' : (value | 0x20) - 'a' + 10);
            return ++_digits <= MostDigits ? Step.Size : Step.Invalid;
        }

        if (_digits == 0)
        {
            return Step.Invalid;
        }

        // BWS before an extension is to be understood.
        return value switch
        {
            (byte)'\r' => Step.SizeEnd,
            (byte)';' or (byte)' ' or (byte)'\t' => Step.Extension,
            _ => Step.Invalid,
        };
    }

    private Step Skip(byte value, Step end, Step same)
    {
        if (value == '\r')
        {
            return end;
        }

        return value == '\n' || ++_useless > MostUselessBytes ? Step.Invalid : same;
    }

    private Step EndSize()
    {
        _digits = 0;
        _useless = 0;
        return _left == 0 ? Step.TrailerStart : Step.Data;
    }
}
