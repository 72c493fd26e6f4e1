using System.Globalization;
using System.Text;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>HTTP/1.1 as bytes, for either end: what is written is exactly what was given, what is read is not interpreted further than it must be.</summary>
internal sealed class HttpWire(Stream stream, IDisposable owner) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public Stream Stream => stream;

    public async Task SendAsync(string text, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => await stream.WriteAsync(bytes, cancellationToken);

    /// <summary>One line without its end; null at the end of the stream.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync(cancellationToken))
            {
                return line.Length == 0 ? null : line.ToString();
            }

            var c = (char)_buffer[_start++];
            if (c == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(c);
        }
    }

    /// <summary>First line and header lines; null at the end of the stream.</summary>
    public async Task<HttpHead?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        if (await ReadLineAsync(cancellationToken) is not { } first)
        {
            return null;
        }

        var lines = new List<string>();
        while (await ReadLineAsync(cancellationToken) is { Length: > 0 } line)
        {
            lines.Add(line);
        }

        return new HttpHead(first, lines);
    }

    /// <summary>The body <paramref name="head"/> announces. False when the stream ended before the body did.</summary>
    public async Task<(byte[] Body, bool Complete)> ReadBodyAsync(HttpHead head, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        if (head["Transfer-Encoding"].Equals("chunked", StringComparison.OrdinalIgnoreCase))
        {
            while (true)
            {
                var size = await ReadLineAsync(cancellationToken);
                if (string.IsNullOrEmpty(size))
                {
                    return (body.ToArray(), false);
                }

                var length = int.Parse(size.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (length == 0)
                {
                    while (await ReadLineAsync(cancellationToken) is { Length: > 0 })
                    {
                        // Trailers.
                    }

                    return (body.ToArray(), true);
                }

                if (!await CopyAsync(body, length, cancellationToken))
                {
                    return (body.ToArray(), false);
                }

                await ReadLineAsync(cancellationToken);
            }
        }

        if (head["Content-Length"] is { Length: > 0 } text)
        {
            var complete = await CopyAsync(body, long.Parse(text, CultureInfo.InvariantCulture), cancellationToken);
            return (body.ToArray(), complete);
        }

        return ([], true);
    }

    /// <summary>Whatever comes next, up to the end of the stream. A reset counts as the end.</summary>
    public async Task<string> ReadToEndAsync(CancellationToken cancellationToken)
    {
        using var rest = new MemoryStream();
        await CopyAsync(rest, long.MaxValue, cancellationToken);
        return Encoding.Latin1.GetString(rest.ToArray());
    }

    /// <summary>A whole answer.</summary>
    public async Task<HttpAnswer> ReadAnswerAsync(CancellationToken cancellationToken, bool toHead = false)
    {
        var head = await ReadHeadAsync(cancellationToken) ?? throw new EndOfStreamException("No answer.");
        var (body, complete) = toHead || head.Status is 204 or 304 or < 200 ? ([], true) : await ReadBodyAsync(head, cancellationToken);
        return new HttpAnswer(head, body, complete);
    }

    /// <summary>Sends a request and reads its answer.</summary>
    public async Task<HttpAnswer> AskAsync(string request, CancellationToken cancellationToken)
    {
        await SendAsync(request, cancellationToken);
        return await ReadAnswerAsync(cancellationToken, request.StartsWith("HEAD ", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        stream.Dispose();
        owner.Dispose();
    }

    private async Task<bool> CopyAsync(MemoryStream target, long count, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            if (_start == _end && !await FillAsync(cancellationToken))
            {
                return false;
            }

            var taken = (int)Math.Min(count, _end - _start);
            await target.WriteAsync(_buffer.AsMemory(_start, taken), cancellationToken);
            _start += taken;
            count -= taken;
        }

        return true;
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        try
        {
            _start = 0;
            _end = await stream.ReadAsync(_buffer, cancellationToken);
            return _end > 0;
        }
        catch (IOException)
        {
            _end = 0;
            return false;
        }
    }
}

/// <summary>First line and header lines of a message.</summary>
internal sealed record HttpHead(string First, IReadOnlyList<string> Lines)
{
    /// <summary>Of an answer.</summary>
    public int Status => int.Parse(First.Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>Of a request.</summary>
    public string Target => First.Split(' ')[1];

    /// <summary>A header's value; empty when it is missing; joined when it is there more than once.</summary>
    public string this[string name] => string.Join(", ", All(name));

    public IEnumerable<string> All(string name) => Lines
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim());
}

/// <summary>An answer as it came.</summary>
internal sealed record HttpAnswer(HttpHead Head, byte[] Body, bool Complete)
{
    public int Status => Head.Status;

    public string Text => Encoding.UTF8.GetString(Body);
}
