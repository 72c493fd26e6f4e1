using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using TcpListener = EdgeProxy.Transport.Tcp.TcpListener;

namespace EdgeProxy.Transport.Tests.Support;

internal sealed record TcpHarnessOptions
{
    public EventLoopOptions Loops { get; init; } = new() { Count = 2 };

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public TcpListenerOptions Listener { get; init; } = new();

    public SourceFilter? Filter { get; init; }

    /// <summary>Endpoints each session dials; null means the harness's own backend.</summary>
    public IReadOnlyList<IpEndpoint>? Endpoints { get; init; }

    /// <summary>Dialled before the backend.</summary>
    public IReadOnlyList<IpEndpoint> DeadEndpoints { get; init; } = [];

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan IdleTimeout { get; init; }

    public Action? WhenConnected { get; init; }

    public TimeSpan? ProxyHeaderTimeout { get; init; }

    public byte[]? FirstBytes { get; init; }

    public IPAddress Address { get; init; } = IPAddress.Loopback;
}

/// <summary>Loops, a listener, and a backend made of plain sockets; all on loopback.</summary>
internal sealed class TcpHarness : IAsyncDisposable
{
    private readonly Channel<RecordingSession> _sessions = Channel.CreateUnbounded<RecordingSession>();

    private TcpHarness(TcpHarnessOptions options)
    {
        Backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Backend.Listen(1024);

        Loops = new EventLoopGroup(options.Loops, options.Time)
        {
            UnexpectedException = (_, exception) => Exceptions.Enqueue(exception),
        };
        var endpoints = options.Endpoints ?? [.. options.DeadEndpoints, BackendEndpoint];
        Listener = TcpListener.Bind(Loops, IpEndpoint.From(options.Address, 0), CreateSession, options.Listener, options.Filter);

        RecordingSession CreateSession()
        {
            var session = new RecordingSession(endpoints, options.ConnectTimeout, options.IdleTimeout)
            {
                WhenConnected = options.WhenConnected,
                ProxyHeaderTimeout = options.ProxyHeaderTimeout,
                FirstBytes = options.FirstBytes,
            };
            Assert.True(_sessions.Writer.TryWrite(session));
            return session;
        }
    }

    public EventLoopGroup Loops { get; }

    public TcpListener Listener { get; }

    public Socket Backend { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public IpEndpoint BackendEndpoint => IpEndpoint.From((IPEndPoint)Backend.LocalEndPoint!);

    public ConcurrentQueue<Exception> Exceptions { get; } = new();

    public long ActiveSessions => Loops.Loops.Sum(loop => loop.Counters.ActiveSessions);

    public long AcceptedSessions => Loops.Loops.Sum(loop => loop.Counters.AcceptedSessions);

    public long StalledBlocks => Loops.Loops.Sum(loop => loop.Counters.StalledBlocks);

    public long TotalStalls => Loops.Loops.Sum(loop => loop.Counters.TotalStalls);

    public long PipesInUse => Loops.Loops.Sum(loop => loop.Counters.PipesInUse);

    public long BytesSpliced => Loops.Loops.Sum(loop => loop.Counters.BytesSpliced);

    public long PipesExhausted => Loops.Loops.Sum(loop => loop.Counters.PipesExhausted);

    public long PausedAccepts => Loops.Loops.Sum(loop => loop.Counters.PausedAccepts);

    public static TcpHarness Start(TcpHarnessOptions? options = null) => new(options ?? new TcpHarnessOptions());

    /// <summary>Connects one client and waits for its session. A session may reset it before its connect call even returns.</summary>
    public async Task<(Socket Client, RecordingSession Session)> ConnectClientAsync(Action<Socket>? configure = null)
    {
        var client = Sockets.NewTcp(Listener.LocalEndpoint);
        configure?.Invoke(client);
        try
        {
            await client.ConnectInTimeAsync(Listener.LocalEndpoint);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // AssertResetAsync takes a client that is not connected for what it is.
        }

        return (client, await NextSessionAsync());
    }

    public Task<RecordingSession> NextSessionAsync() => _sessions.Reader.ReadAsync(TestContext.Current.CancellationToken).InTime();

    public async Task<Socket> AcceptBackendAsync()
    {
        var accepted = await Backend.AcceptAsync(TestContext.Current.CancellationToken).InTime();
        accepted.NoDelay = true;
        return accepted;
    }

    public Task CatchUpAsync() => Loops.CatchUpAsync();

    /// <summary>One connection through the proxy, relay running.</summary>
    public async Task<RelayedConnection> ConnectAsync(Action<Socket>? configureClient = null)
    {
        var (client, session) = await ConnectClientAsync(configureClient);
        var backend = await AcceptBackendAsync();
        await session.Connected.InTime();
        return new RelayedConnection(client, backend, session);
    }

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync().InTime();
        await Loops.DisposeAsync().InTime();
        Backend.Dispose();
    }
}

internal sealed record RelayedConnection(Socket Client, Socket Backend, RecordingSession Session) : IDisposable
{
    public void Dispose()
    {
        Client.Dispose();
        Backend.Dispose();
    }
}
