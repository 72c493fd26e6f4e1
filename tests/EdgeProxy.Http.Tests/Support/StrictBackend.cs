using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>
/// An endpoint that reads HTTP/1.1 by the letter: whatever two parsers could read differently is a violation. It records what it gets and answers
/// every request with 200.
/// </summary>
internal sealed partial class StrictBackend : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly Task _accepting;

    public StrictBackend()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = EndpointAddress.From((IPEndPoint)_listener.LocalEndPoint!);
        _accepting = AcceptAsync();
    }

    public EndpointAddress Address { get; }

    /// <summary>Whole requests, in the order in which they came.</summary>
    public IReadOnlyCollection<RecordedRequest> Requests => _requests;

    /// <summary>What was not one clear request.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    [GeneratedRegex(@"\A[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1\.1\z")]
    private static partial Regex RequestLine { get; }

    [GeneratedRegex(@"\A[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\z")]
    private static partial Regex HeaderLine { get; }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var stream = new NetworkStream(socket, ownsSocket: true);
        var bytes = new List<byte>();
        try
        {
            while (await ReadHeadAsync(stream, bytes) is { } text)
            {
                var lines = text.Split("\r\n");
                var head = new HttpHead(lines[0], lines[1..]);
                if (Violation(head) is { } violation)
                {
                    _violations.Enqueue($"{violation}: {text}");
                    return;
                }

                var body = await ReadBodyAsync(stream, bytes, head);
                _requests.Enqueue(new RecordedRequest(head, body, Complete: true));
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray(), _stop.Token);
            }
        }
        catch (InvalidDataException error)
        {
            _violations.Enqueue(error.Message);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The proxy has given the request up; what is not whole is not a request.
        }
    }

    private static string? Violation(HttpHead head)
    {
        if (!RequestLine.IsMatch(head.First))
        {
            return "request line";
        }

        if (head.Lines.FirstOrDefault(line => !HeaderLine.IsMatch(line)) is { } bad)
        {
            return $"header line '{bad}'";
        }

        var lengths = head.All("Content-Length").ToList();
        var codings = head.All("Transfer-Encoding").ToList();
        return head.All("Host").Count() != 1 ? "not one host"
            : lengths.Count + codings.Count > 1 ? "more than one way to end"
            : lengths.Count == 1 && !lengths[0].All(char.IsAsciiDigit) ? "length"
            : codings.Count == 1 && codings[0] != "chunked" ? "coding"
            : null;
    }

    private async Task<string?> ReadHeadAsync(NetworkStream stream, List<byte> bytes)
    {
        int end;
        while ((end = Encoding.Latin1.GetString([.. bytes]).IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            if (!await FillAsync(stream, bytes))
            {
                return null;
            }
        }

        return Encoding.Latin1.GetString(Take(bytes, end + 4))[..^4];
    }

    private async Task<byte[]> ReadBodyAsync(NetworkStream stream, List<byte> bytes, HttpHead head)
    {
        if (head["Content-Length"] is { Length: > 0 } length)
        {
            return await ReadExactlyAsync(stream, bytes, int.Parse(length, CultureInfo.InvariantCulture));
        }

        if (head["Transfer-Encoding"].Length == 0)
        {
            return [];
        }

        var body = new List<byte>();
        while (true)
        {
            var line = await ReadLineAsync(stream, bytes);
            if (line.Length == 0 || !line.All(char.IsAsciiHexDigit))
            {
                throw new InvalidDataException($"chunk size '{line}'");
            }

            var size = int.Parse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.AddRange(await ReadExactlyAsync(stream, bytes, size));
            if (await ReadLineAsync(stream, bytes) is { Length: > 0 } extra)
            {
                throw new InvalidDataException($"'{extra}' behind a chunk");
            }

            if (size == 0)
            {
                return [.. body];
            }
        }
    }

    private async Task<string> ReadLineAsync(NetworkStream stream, List<byte> bytes)
    {
        int end;
        while ((end = bytes.IndexOf((byte)'\n')) < 0)
        {
            await MustFillAsync(stream, bytes);
        }

        var line = Encoding.Latin1.GetString(Take(bytes, end + 1));
        return line.EndsWith("\r\n", StringComparison.Ordinal) ? line[..^2] : throw new InvalidDataException("a bare LF");
    }

    private async Task<byte[]> ReadExactlyAsync(NetworkStream stream, List<byte> bytes, int count)
    {
        while (bytes.Count < count)
        {
            await MustFillAsync(stream, bytes);
        }

        return Take(bytes, count);
    }

    private static byte[] Take(List<byte> bytes, int count)
    {
        var taken = bytes[..count].ToArray();
        bytes.RemoveRange(0, count);
        return taken;
    }

    private async Task MustFillAsync(NetworkStream stream, List<byte> bytes)
    {
        if (!await FillAsync(stream, bytes))
        {
            throw new EndOfStreamException();
        }
    }

    private async Task<bool> FillAsync(NetworkStream stream, List<byte> bytes)
    {
        var block = new byte[4096];
        var count = await stream.ReadAsync(block, _stop.Token);
        bytes.AddRange(block[..count]);
        return count > 0;
    }
}
