using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>
/// QUIC without packets: Kestrel speaks HTTP/3 over streams in memory, after the handshake's callback has had its say. For machines that have no
/// libmsquic; what the library itself does is not tested by it.
/// </summary>
internal sealed class MemoryQuic : IMultiplexedConnectionListenerFactory
{
    private readonly Channel<MultiplexedConnectionContext> _accepted = Channel.CreateUnbounded<MultiplexedConnectionContext>();
    private TlsConnectionCallbackOptions? _handshake;

    /// <summary>Where the server listens.</summary>
    public EndPoint? EndPoint { get; private set; }

    public ValueTask<IMultiplexedConnectionListener> BindAsync(EndPoint endpoint, IFeatureCollection? features = null, CancellationToken cancellationToken = default)
    {
        EndPoint = endpoint;
        _handshake = features!.GetRequiredFeature<TlsConnectionCallbackOptions>();
        return ValueTask.FromResult<IMultiplexedConnectionListener>(new Listener(endpoint, _accepted));
    }

    /// <summary>Shakes hands, as far as the server has a say in it.</summary>
    /// <exception cref="AuthenticationException">The server refuses.</exception>
    public async Task<MemoryQuicConnection> ConnectAsync(string serverName, CancellationToken cancellationToken)
    {
        var connection = new MemoryQuicConnection(EndPoint!);
        connection.Tls = await _handshake!.OnConnection(
            new TlsConnectionCallbackContext { ClientHelloInfo = new SslClientHelloInfo(serverName, SslProtocols.Tls13), Connection = connection }, cancellationToken);
        await _accepted.Writer.WriteAsync(connection, cancellationToken);
        return connection;
    }

    private sealed class Listener(EndPoint endPoint, Channel<MultiplexedConnectionContext> accepted) : IMultiplexedConnectionListener
    {
        public EndPoint EndPoint => endPoint;

        public async ValueTask<MultiplexedConnectionContext?> AcceptAsync(IFeatureCollection? features = null, CancellationToken cancellationToken = default) =>
            await accepted.Reader.WaitToReadAsync(cancellationToken) && accepted.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            accepted.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
    }
}

/// <summary>A connection of <see cref="MemoryQuic"/>, seen from both ends. The server disposes it.</summary>
internal sealed class MemoryQuicConnection : MultiplexedConnectionContext, IProtocolErrorCodeFeature
{
    private readonly Channel<ConnectionContext> _streams = Channel.CreateUnbounded<ConnectionContext>();
    private readonly CancellationTokenSource _closed = new();
    private long _nextId;

    public MemoryQuicConnection(EndPoint local)
    {
        LocalEndPoint = local;
        RemoteEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.7"), 4711);
        ConnectionClosed = _closed.Token;
        Features.Set<IProtocolErrorCodeFeature>(this);
        Features.Set<ITlsConnectionFeature>(new TlsConnectionFeature());
    }

    /// <summary>What the server wants of TLS.</summary>
    public SslServerAuthenticationOptions Tls { get; set; } = null!;

    public override string ConnectionId { get; set; } = "memory";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public long Error { get; set; } = -1;

    /// <summary>Sends a request without a body and reads its answer.</summary>
    public async Task<Http3Answer> AskAsync(CancellationToken cancellationToken, params (string Name, string Value)[] headers)
    {
        var stream = new Stream(this, Interlocked.Add(ref _nextId, 4) - 4, canRead: true);
        await _streams.Writer.WriteAsync(stream, cancellationToken);
        await stream.ToServer.WriteAsync(Http3Frames.Headers(headers), cancellationToken);
        await stream.ToServer.CompleteAsync();
        using var answer = new MemoryStream();
        await stream.FromServer.CopyToAsync(answer, cancellationToken);
        return Http3Frames.Read(answer.ToArray());
    }

    public override async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _streams.Reader.ReadAsync(cancellationToken);
        }
        catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
        {
            return null;
        }
    }

    // The server's control stream; what it says there nobody needs to know.
    public override ValueTask<ConnectionContext> ConnectAsync(IFeatureCollection? features = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<ConnectionContext>(new Stream(this, 3, canRead: false));

    public override void Abort() => Abort(new ConnectionAbortedException());

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _streams.Writer.TryComplete();
        _closed.Cancel();
    }

    public override ValueTask DisposeAsync()
    {
        _streams.Writer.TryComplete();
        _closed.Dispose();
        return base.DisposeAsync();
    }

    private sealed class Stream : ConnectionContext, IStreamDirectionFeature, IStreamIdFeature, IPersistentStateFeature, IProtocolErrorCodeFeature, IStreamAbortFeature,
        IStreamClosedFeature
    {
        private readonly Pipe _toServer = new();
        private readonly Pipe _fromServer = new(new PipeOptions(pauseWriterThreshold: 0));

        public Stream(MemoryQuicConnection connection, long id, bool canRead)
        {
            StreamId = id;
            CanRead = canRead;
            LocalEndPoint = connection.LocalEndPoint;
            RemoteEndPoint = connection.RemoteEndPoint;
            Transport = new Ends(_toServer.Reader, _fromServer.Writer);

            // As QUIC's streams do, they show the features of their connection.
            Features = new FeatureCollection(connection.Features);
            Features.Set<IStreamDirectionFeature>(this);
            Features.Set<IStreamIdFeature>(this);
            Features.Set<IPersistentStateFeature>(this);
            Features.Set<IProtocolErrorCodeFeature>(this);
            Features.Set<IStreamAbortFeature>(this);
            Features.Set<IStreamClosedFeature>(this);
        }

        public PipeWriter ToServer => _toServer.Writer;

        public PipeReader FromServer => _fromServer.Reader;

        public override string ConnectionId { get; set; } = "memory:stream";

        public override IFeatureCollection Features { get; }

        public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

        public override IDuplexPipe Transport { get; set; }

        public bool CanRead { get; }

        public bool CanWrite => true;

        public long StreamId { get; }

        public IDictionary<object, object?> State { get; } = new Dictionary<object, object?>();

        public long Error { get; set; } = -1;

        public void OnClosed(Action<object?> callback, object? state)
        {
            // Asked for the control stream alone, which is never closed here.
        }

        public void AbortRead(long errorCode, ConnectionAbortedException abortReason) => _toServer.Reader.CancelPendingRead();

        public void AbortWrite(long errorCode, ConnectionAbortedException abortReason) => _fromServer.Writer.Complete(abortReason);
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>Frames of HTTP/3 with field lines that use no dynamic table (RFC 9114 §7, RFC 9204 §4.5).</summary>
internal static class Http3Frames
{
    // Of RFC 9204's static table, what answers use here.
    private static readonly Dictionary<int, string> Statuses = new()
    {
        [24] = "103", [25] = "200", [26] = "304", [27] = "404", [28] = "503", [63] = "100", [64] = "204", [65] = "206",
        [66] = "302", [67] = "400", [68] = "403", [69] = "421", [70] = "425", [71] = "500",
    };

    public static byte[] Headers(IEnumerable<(string Name, string Value)> headers)
    {
        var fields = new List<byte> { 0, 0 };
        foreach (var (name, value) in headers)
        {
            WriteText(fields, 0x20, 3, name);
            WriteText(fields, 0x00, 7, value);
        }

        return [1, (byte)(0x40 | (fields.Count >> 8)), (byte)fields.Count, .. fields];
    }

    public static Http3Answer Read(ReadOnlySpan<byte> bytes)
    {
        var status = 0;
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        var body = new List<byte>();
        while (!bytes.IsEmpty)
        {
            var type = ReadVariable(ref bytes);
            var length = (int)ReadVariable(ref bytes);
            var payload = bytes[..length];
            bytes = bytes[length..];
            if (type == 0)
            {
                body.AddRange(payload);
            }
            else if (type == 1)
            {
                status = ReadFields(payload[2..], headers);
            }
        }

        return new Http3Answer(status, headers, Encoding.UTF8.GetString([.. body]));
    }

    private static int ReadFields(ReadOnlySpan<byte> fields, Dictionary<string, string> headers)
    {
        var status = "0";
        while (!fields.IsEmpty)
        {
            var first = fields[0];
            if (first >= 0x80)
            {
                var index = ReadInteger(ref fields, 6);
                status = Statuses.GetValueOrDefault(index, status);
                continue;
            }

            string name;
            if (first >= 0x40)
            {
                var index = ReadInteger(ref fields, 4);
                name = index switch { 24 => ":status", 83 => "alt-svc", _ => $"static {index}" };
            }
            else
            {
                name = ReadText(ref fields, 3);
            }

            var value = ReadText(ref fields, 7);
            headers[name] = value;
            status = name == ":status" ? value : status;
        }

        return int.Parse(status, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void WriteText(List<byte> to, byte mark, int bits, string text)
    {
        var most = (1 << bits) - 1;
        if (text.Length < most)
        {
            to.Add((byte)(mark | text.Length));
        }
        else
        {
            to.Add((byte)(mark | most));
            to.Add((byte)(text.Length - most)); // below 128 in these tests
        }

        to.AddRange(Encoding.ASCII.GetBytes(text));
    }

    private static string ReadText(ref ReadOnlySpan<byte> from, int bits)
    {
        var length = ReadInteger(ref from, bits);
        var text = Encoding.ASCII.GetString(from[..length]);
        from = from[length..];
        return text;
    }

    private static int ReadInteger(ref ReadOnlySpan<byte> from, int bits)
    {
        var most = (1 << bits) - 1;
        var value = from[0] & most;
        from = from[1..];
        if (value < most)
        {
            return value;
        }

        for (var shift = 0; ; shift += 7)
        {
            var next = from[0];
            from = from[1..];
            value += (next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private static long ReadVariable(ref ReadOnlySpan<byte> from)
    {
        var length = 1 << (from[0] >> 6);
        long value = from[0] & 0x3f;
        for (var i = 1; i < length; i++)
        {
            value = (value << 8) | from[i];
        }

        from = from[length..];
        return value;
    }
}

/// <summary>An answer over HTTP/3.</summary>
internal sealed record Http3Answer(int Status, IReadOnlyDictionary<string, string> Headers, string Text);
