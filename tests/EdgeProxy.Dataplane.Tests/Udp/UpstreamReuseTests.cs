using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Dataplane.Tests.Udp;

/// <summary>When a new UDP flow may have the upstream socket of a former one, and that no reply ever changes hands with it.</summary>
[Collection(AloneCollection.Name)]
public sealed class UpstreamReuseTests
{
    private static readonly TimeSpan Quarantine = TimeSpan.FromMilliseconds(250);

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task A_finished_exchange_lends_its_socket_after_the_quarantine_and_its_client_keeps_the_backend()
    {
        await using var scene = await Scene.StartAsync(Options(), backends: 2);
        using var first = scene.Client();
        using var second = scene.Client();
        using var third = scene.Client();
        var (backend, firstSocket) = await scene.ExchangeAsync(first);
        var (other, _) = await scene.ExchangeAsync(second);
        Assert.NotSame(backend, other);

        await scene.AdvanceAsync(Quarantine);
        var (same, thirdSocket) = await scene.ExchangeAsync(third);

        Assert.Same(backend, same);
        Assert.Equal(firstSocket, thirdSocket);
        Assert.Equal(1, scene.Count(counters => counters.UdpUpstreamsReused));
        Assert.Equal(2, scene.Count(counters => counters.UdpUpstreams));

        // The round robin is at the other one; a client that is remembered is not asked to move.
        var (again, newSocket) = await scene.ExchangeAsync(first);
        Assert.Same(backend, again);
        Assert.NotEqual(firstSocket, newSocket);
    }

    [Fact(Timeout = 30_000)]
    public async Task Before_the_quarantine_is_over_a_new_flow_gets_a_new_socket()
    {
        await using var scene = await Scene.StartAsync(Options());
        using var first = scene.Client();
        using var second = scene.Client();
        var (_, firstSocket) = await scene.ExchangeAsync(first);

        await scene.AdvanceAsync(Quarantine - TimeSpan.FromMilliseconds(1));
        var (_, secondSocket) = await scene.ExchangeAsync(second);

        Assert.NotEqual(firstSocket, secondSocket);
        Assert.Equal(0, scene.Count(counters => counters.UdpUpstreamsReused));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_second_reply_still_reaches_who_asked_and_ends_the_reuse_for_that_backend()
    {
        await using var scene = await Scene.StartAsync(Options());
        using var first = scene.Client();
        using var second = scene.Client();
        var (backend, firstSocket) = await scene.ExchangeAsync(first);
        await scene.AdvanceAsync(Quarantine);

        await backend.SendToAsync(Encoding.ASCII.GetBytes("more"), firstSocket, Deadline);
        Assert.Equal("more", await ReceiveAsync(first));
        var (_, secondSocket) = await scene.ExchangeAsync(second);
        await scene.AdvanceAsync(Quarantine);
        using var third = scene.Client();
        var (_, thirdSocket) = await scene.ExchangeAsync(third);

        Assert.Equal(3, new[] { firstSocket, secondSocket, thirdSocket }.Distinct().Count());
        Assert.Equal(0, scene.Count(counters => counters.UdpUpstreamsReused));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_reply_that_waits_in_the_socket_reaches_who_asked_and_not_the_new_client()
    {
        await using var scene = await Scene.StartAsync(Options());
        using var first = scene.Client();
        using var second = scene.Client();
        var (backend, firstSocket) = await scene.ExchangeAsync(first);
        await scene.AdvanceAsync(Quarantine);

        // Both wait for the loop, the question first: it would take the socket over before the reply was seen.
        using (var busy = new BusyLoop(scene.Loop))
        {
            await second.SendAsync(Encoding.ASCII.GetBytes("new"), Deadline);
            await backend.SendToAsync(Encoding.ASCII.GetBytes("late"), firstSocket, Deadline);
        }

        var (_, secondSocket, _) = await scene.ReceiveAsync();
        Assert.NotEqual(firstSocket, secondSocket);
        Assert.Equal("late", await ReceiveAsync(first));
        Assert.Equal(0, second.Available);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_flow_with_a_datagram_unanswered_or_a_conversation_never_lends_its_socket(int exchanges)
    {
        await using var scene = await Scene.StartAsync(Options());
        using var first = scene.Client();
        using var second = scene.Client();
        EndPoint firstSocket;
        if (exchanges == 0)
        {
            await first.SendAsync(Encoding.ASCII.GetBytes("silence"), Deadline);
            (_, firstSocket, _) = await scene.ReceiveAsync();
        }
        else
        {
            await scene.ExchangeAsync(first);
            (_, firstSocket) = await scene.ExchangeAsync(first);
        }

        await scene.AdvanceAsync(TimeSpan.FromSeconds(5));
        var (_, secondSocket) = await scene.ExchangeAsync(second);

        Assert.NotEqual(firstSocket, secondSocket);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_reply_that_comes_after_the_flow_has_ended_reaches_nobody()
    {
        await using var scene = await Scene.StartAsync(Options());
        using var first = scene.Client();
        await first.SendAsync(Encoding.ASCII.GetBytes("slow"), Deadline);
        var (backend, firstSocket, _) = await scene.ReceiveAsync();

        await scene.AdvanceAsync(ServiceTimeouts.Default.UdpFirstReply + TimeSpan.FromSeconds(1));
        await TestDataplane.WaitForAsync(() => scene.Count(counters => counters.UdpUpstreams) == 0);
        await backend.SendToAsync(Encoding.ASCII.GetBytes("too late"), firstSocket, Deadline);
        using var second = scene.Client();
        await scene.ExchangeAsync(second);

        Assert.Equal(0, second.Available);
        Assert.Equal(0, first.Available);
    }

    [Fact(Timeout = 30_000)]
    public async Task As_many_sockets_as_the_option_says_rest_before_the_oldest_is_reused_and_idle_ones_are_closed()
    {
        await using var scene = await Scene.StartAsync(Options() with { UdpSocketsBeforeReuse = 3 });
        var sockets = new List<EndPoint>();
        for (var i = 0; i < 8; i++)
        {
            using var client = scene.Client();
            sockets.Add((await scene.ExchangeAsync(client)).Socket);
            await scene.AdvanceAsync(Quarantine);
        }

        Assert.Equal(sockets[..4], sockets[4..]);
        Assert.Equal(4, sockets.Distinct().Count());
        Assert.Equal(4, scene.Count(counters => counters.UdpUpstreams));

        await scene.AdvanceAsync(ServiceTimeouts.Default.UdpIdle + TimeSpan.FromSeconds(1));
        await TestDataplane.WaitForAsync(() => scene.Count(counters => counters.UdpUpstreams) == 0);
    }

    [Fact(Timeout = 30_000)]
    public async Task Resting_sockets_are_closed_when_their_backend_disappears()
    {
        await using var scene = await Scene.StartAsync(Options(), backends: 2);
        using var first = scene.Client();
        using var second = scene.Client();
        await scene.ExchangeAsync(first);
        var (stays, _) = await scene.ExchangeAsync(second);

        await scene.PublishAsync(stays);
        await scene.AdvanceAsync(TimeSpan.FromSeconds(1));

        await TestDataplane.WaitForAsync(() => scene.Count(counters => counters.UdpUpstreams) == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_flood_of_new_sources_takes_the_place_of_the_unanswered_and_leaves_conversations_alone()
    {
        const int MaxSockets = 16;
        await using var scene = await Scene.StartAsync(Options() with { MaxUdpSocketsPerLoop = MaxSockets });
        using var talking = scene.Client();
        await scene.ExchangeAsync(talking);
        var (_, itsSocket) = await scene.ExchangeAsync(talking);

        var flood = Enumerable.Range(0, 100).Select(_ => scene.Client()).ToList();
        foreach (var client in flood)
        {
            await client.SendAsync(Encoding.ASCII.GetBytes("flood"), Deadline);
        }

        for (var received = 0; received < flood.Count; received++)
        {
            await scene.ReceiveAsync();
        }

        Assert.Equal(MaxSockets, scene.Count(counters => counters.UdpUpstreams));
        Assert.Equal(100 - (MaxSockets - 1), scene.Count(counters => counters.UdpFlowsEvicted));
        Assert.Equal(100 - (MaxSockets - 1), scene.Count(counters => counters.UdpShortages));
        Assert.Equal(itsSocket, (await scene.ExchangeAsync(talking)).Socket);

        // Nobody answered them, and then it is over.
        await scene.AdvanceAsync(ServiceTimeouts.Default.UdpFirstReply + TimeSpan.FromSeconds(1));
        await TestDataplane.WaitForAsync(() => scene.Count(counters => counters.UdpUpstreams) == 1);
        using var later = scene.Client();
        await scene.ExchangeAsync(later);
        flood.ForEach(client => client.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_descriptors_a_new_client_is_served_in_the_place_of_the_flow_that_is_over()
    {
        Assert.SkipWhen(OpenFiles.Limit > 200_000, $"The limit of {OpenFiles.Limit} open files is too high to be reached here; try ulimit -n 20000.");
        await using var scene = await Scene.StartAsync(Options() with { UdpSocketsBeforeReuse = int.MaxValue });
        using var talking = scene.Client();
        using var finished = scene.Client();
        using var late = scene.Client();
        await scene.ExchangeAsync(talking);
        var (_, itsSocket) = await scene.ExchangeAsync(talking);
        await scene.ExchangeAsync(finished);
        var taken = new List<Socket>();
        try
        {
            // Up to the last ones, which are the runtime's own. No files: .NET locks each, and the kernel looks through all locks of a file each time.
            do
            {
                taken.Add(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            }
            while (taken[^1].Handle < OpenFiles.Limit - 100);

            await scene.ExchangeAsync(late);
            Assert.Equal(1, scene.Count(counters => counters.UdpShortages));
            Assert.Equal(1, scene.Count(counters => counters.UdpFlowsEvicted));
            await scene.ExchangeAsync(finished);
            Assert.Equal(itsSocket, (await scene.ExchangeAsync(talking)).Socket);
            Assert.Equal(2, scene.Count(counters => counters.UdpUpstreams));
        }
        finally
        {
            taken.ForEach(socket => socket.Dispose());
        }

        await scene.ExchangeAsync(late);
        Assert.Equal(3, scene.Count(counters => counters.UdpUpstreams));
    }

    private static Settings Options() => new();

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[1024];
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Deadline));
    }

    private sealed record Settings
    {
        public int UdpSocketsBeforeReuse { get; init; }

        public int? MaxUdpSocketsPerLoop { get; init; }

        public DataplaneOptions ToOptions() => new()
        {
            UdpReuseQuarantine = Quarantine,
            UdpSocketsBeforeReuse = UdpSocketsBeforeReuse,
            MaxUdpSocketsPerLoop = MaxUdpSocketsPerLoop,
        };
    }

    /// <summary>One loop, a clock moved by hand, and backends that answer when told to.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly ManualTimeProvider _time = new();
        private readonly TestDataplane _plane;
        private readonly List<Socket> _backends;
        private readonly ushort _port = TestDataplane.FreePort(SocketType.Dgram);
        private readonly Task<(Socket Backend, EndPoint Socket, byte[] Payload)>[] _receiving;

        private Scene(DataplaneOptions options, int backends)
        {
            _plane = new TestDataplane(options, _time, loops: 1);
            _backends = [.. Enumerable.Range(0, backends).Select(_ => NewBackend())];
            _receiving = [.. _backends.Select(ReceiveFromAsync)];
        }

        public EventLoop Loop => _plane.Loops.Loops[0];

        public static async Task<Scene> StartAsync(Settings settings, int backends = 1)
        {
            var scene = new Scene(settings.ToOptions(), backends);
            await scene.PublishAsync([.. scene._backends]);
            return scene;
        }

        public Task PublishAsync(params Socket[] backends) => _plane.PublishAsync(
            _port, TransportProtocol.Udp, affinity: null, [.. backends.Select(backend => TestDataplane.EndpointAt(backend.LocalEndPoint!))]);

        public long Count(Func<LoopCounters, long> counter) => counter(Loop.Counters);

        public Socket Client()
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            client.Connect(TestDataplane.ClusterIP.ToIPAddress(), _port);
            return client;
        }

        /// <summary>One question and one answer; who answered, and the address it came from.</summary>
        public async Task<(Socket Backend, EndPoint Socket)> ExchangeAsync(Socket client)
        {
            var question = $"{Guid.NewGuid()}";
            await client.SendAsync(Encoding.ASCII.GetBytes(question), Deadline);
            var (backend, socket, payload) = await ReceiveAsync();
            await backend.SendToAsync(payload, socket, Deadline);
            Assert.Equal(question, await UpstreamReuseTests.ReceiveAsync(client));
            return (backend, socket);
        }

        /// <summary>The next datagram that reaches a backend.</summary>
        public async Task<(Socket Backend, EndPoint Socket, byte[] Payload)> ReceiveAsync()
        {
            var first = await Task.WhenAny(_receiving);
            var received = await first;
            _receiving[Array.IndexOf(_receiving, first)] = ReceiveFromAsync(received.Backend);
            return received;
        }

        /// <summary>Moves the clock and lets the loop see it.</summary>
        public async Task AdvanceAsync(TimeSpan by)
        {
            _time.Advance(by);
            var turned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Loop.Post(turned.SetResult);
            await turned.Task.WaitAsync(Deadline);
        }

        public async ValueTask DisposeAsync()
        {
            await _plane.DisposeAsync();
            _backends.ForEach(backend => backend.Dispose());
        }

        private static Socket NewBackend()
        {
            var backend = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return backend;
        }

        private static async Task<(Socket Backend, EndPoint Socket, byte[] Payload)> ReceiveFromAsync(Socket backend)
        {
            var buffer = new byte[1024];
            var received = await backend.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), Deadline);
            return (backend, received.RemoteEndPoint, buffer[..received.ReceivedBytes]);
        }
    }

    /// <summary>Holds a loop until disposed, so that datagrams wait for it together.</summary>
    private sealed class BusyLoop : IDisposable
    {
        private readonly ManualResetEventSlim _end = new();
        private readonly ManualResetEventSlim _ended = new();

        public BusyLoop(EventLoop loop)
        {
            using var begun = new ManualResetEventSlim();
            loop.Post(() =>
            {
                begun.Set();
                _end.Wait(Deadline);
                _ended.Set();
            });
            begun.Wait(Deadline);
        }

        public void Dispose()
        {
            _end.Set();
            _ended.Wait(Deadline);
            _end.Dispose();
            _ended.Dispose();
        }
    }
}

/// <summary>For tests that use up what the whole process has.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
#pragma warning disable CA1711 // xunit's own word for it.
public sealed class AloneCollection
#pragma warning restore CA1711
{
    public const string Name = "Alone";
}
