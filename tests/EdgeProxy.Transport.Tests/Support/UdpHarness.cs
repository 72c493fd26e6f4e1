using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Udp;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>Loops, a UDP listener that forwards each client over an upstream socket of its own, and a backend made of a plain socket.</summary>
internal sealed class UdpHarness : IAsyncDisposable
{
    private readonly IpEndpoint _backend;

    public UdpHarness(IPAddress? address = null, IpEndpoint? backend = null, EventLoopOptions? loops = null)
    {
        _backend = backend ?? IpEndpoint.From((IPEndPoint)Backend.LocalEndPoint!);
        Backend.ReceiveBufferSize = 4 * 1024 * 1024;
        Loops = new EventLoopGroup(loops ?? new EventLoopOptions { Count = 2 }, TimeProvider.System)
        {
            UnexpectedException = (_, exception) => Exceptions.Enqueue(exception),
        };
        Listener = UdpListener.Bind(Loops, IpEndpoint.From(address ?? IPAddress.Loopback, 0), port => new Forwarder(this, port));
    }

    public EventLoopGroup Loops { get; }

    public UdpListener Listener { get; }

    public Socket Backend { get; } = Sockets.NewUdp();

    public ConcurrentQueue<Exception> Exceptions { get; } = new();

    public ConcurrentQueue<SocketError> Errors { get; } = new();

    public ConcurrentDictionary<IpEndpoint, EventLoop> LoopOfClient { get; } = new();

    public int ClientsThatMoved { get; private set; }

    public int ReceiversClosed { get; private set; }

    public Action<IpEndpoint>? WhenDatagram { get; set; }

    public long Upstreams => Count(counters => counters.UdpUpstreams);

    /// <summary>A counter, all loops together.</summary>
    public long Count(Func<LoopCounters, long> counter) => Loops.Loops.Sum(loop => counter(loop.Counters));

    /// <summary>Holds the first loop while something is done, so that datagrams wait for it together.</summary>
    public void WhileBusy(Action work)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var begun = new ManualResetEventSlim();
        using var end = new ManualResetEventSlim();
        using var ended = new ManualResetEventSlim();
        Loops.Loops[0].Post(() =>
        {
            begun.Set();
            end.Wait(cancellation);
            ended.Set();
        });
        begun.Wait(cancellation);
        work();
        end.Set();
        ended.Wait(cancellation);
    }

    /// <summary>The backend answers the next datagrams with themselves.</summary>
    public async Task EchoAsync(int count)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var buffer = new byte[65_536];
        var sender = new IPEndPoint(IPAddress.Any, 0);
        for (var i = 0; i < count; i++)
        {
            var received = await Backend.ReceiveFromAsync(buffer.AsMemory(), SocketFlags.None, sender, cancellation).InTime();
            await Backend.SendToAsync(
                buffer.AsMemory(0, received.ReceivedBytes), SocketFlags.None, received.RemoteEndPoint, cancellation).InTime();
        }
    }

    /// <summary>A client that hears only the listener's exact address, as a connected socket does.</summary>
    public Socket NewClient()
    {
        var client = Sockets.NewUdp(Listener.LocalEndpoint.IsIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        client.Connect(Listener.LocalEndpoint.ToIPEndPoint());
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync().InTime();
        await Loops.DisposeAsync().InTime();
        Backend.Dispose();
    }

    private sealed class Forwarder(UdpHarness harness, UdpPort port) : IUdpReceiver
    {
        private readonly Dictionary<IpEndpoint, UdpUpstream> _flows = [];

        public void OnDatagrams(IpEndpoint client, DatagramRun run)
        {
            harness.ClientsThatMoved += harness.LoopOfClient.GetOrAdd(client, port.Loop) == port.Loop ? 0 : 1;
            harness.WhenDatagram?.Invoke(client);
            if (!_flows.TryGetValue(client, out var upstream))
            {
                upstream = port.Connect(harness._backend, new Replies(harness, port, client));
                _flows.Add(client, upstream);
            }

            upstream.Send(run);
        }

        public void OnClosed()
        {
            harness.ReceiversClosed++;
            foreach (var upstream in _flows.Values)
            {
                upstream.Dispose();
            }
        }
    }

    private sealed class Replies(UdpHarness harness, UdpPort port, IpEndpoint client) : IUdpUpstreamReceiver
    {
        public void OnReplies(DatagramRun run) => port.Send(client, run);

        public void OnError(SocketError error) => harness.Errors.Enqueue(error);
    }
}
