using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeProxy.Transport.Loops;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Tcp;

[Collection(OneAtATimeCollection.Name)]
public abstract partial class TcpDescriptorTests(IoMode io) : EngineTests(io)
{
    [Collection(OneAtATimeCollection.Name)]
    public sealed class OnEpoll() : TcpDescriptorTests(IoMode.Epoll);

    [Collection(OneAtATimeCollection.Name)]
    public sealed class OnIoUring() : TcpDescriptorTests(IoMode.IoUring);

    [Fact]
    public async Task Ten_thousand_connections_leave_no_descriptor()
    {
        const int Connections = 10_000;
        const int AtOnce = 64;
        var baseline = OneAtATimeCollection.OpenDescriptors;
        await using (var harness = Start())
        {
            (await harness.ConnectAsync()).Dispose();
            await Deadlines.Until(() => harness.ActiveSessions == 0, "the first session to end");
            var before = OneAtATimeCollection.OpenDescriptors;
            var backend = ServeAsync(harness.Backend, Connections);

            var left = Connections;
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Decrement(ref left) is var number and >= 0)
                {
                    await AskOnceAsync(harness, withReset: number % 10 == 0);
                }
            }, TestContext.Current.CancellationToken)));
            await backend;

            await Deadlines.Until(() => harness.ActiveSessions == 0, "all sessions to end");
            Assert.Equal(Connections + 1, harness.AcceptedSessions);
            await Deadlines.Until(() => OneAtATimeCollection.OpenDescriptors <= before, "all descriptors to be closed");
            Assert.Empty(harness.Exceptions);
        }

        Assert.InRange(OneAtATimeCollection.OpenDescriptors, 0, baseline);
    }

    [Fact]
    public async Task A_thousand_spliced_connections_leave_no_pipe()
    {
        const int Connections = 1000;
        const int Answer = 64 * 1024;
        var baseline = OneAtATimeCollection.OpenPipeEnds;
        await using (var harness = Start(new TcpHarnessOptions { Loops = new EventLoopOptions { Count = 2, LargeRead = 0 } }))
        {
            for (var i = 0; i < Connections; i++)
            {
                using var connection = await harness.ConnectAsync();
                await connection.Backend.SendAllAsync(new byte[Answer]);
                if (i % 10 == 0)
                {
                    connection.Client.CloseWithReset();
                }
                else
                {
                    await connection.Client.ReceiveTextAsync(Answer);
                }
            }

            await Deadlines.Until(() => harness.ActiveSessions == 0, "all sessions to end");
            Assert.InRange(harness.BytesSpliced, Connections / 10 * 9 * Answer, Connections * Answer);
            Assert.Equal(0, harness.PipesInUse);
            Assert.Empty(harness.Exceptions);
        }

        Assert.Equal(baseline, OneAtATimeCollection.OpenPipeEnds);
    }

    [Fact]
    public async Task Without_descriptors_for_pipes_bytes_are_copied_and_spliced_again_later()
    {
        await using var harness = Start(new TcpHarnessOptions { Loops = new EventLoopOptions { Count = 1, LargeRead = 0 } });
        using var connection = await harness.ConnectAsync();

        // It holds the pipe that was opened already.
        using var stalled = await harness.ConnectAsync();
        stalled.Backend.SendUntilBlocked();
        await harness.CatchUpAsync();
        var before = harness.BytesSpliced;

        using (new DescriptorFamine())
        {
            connection.Client.Send("hungry"u8);
            var received = new byte[6];
            connection.Backend.ReceiveExactly(received);
            Assert.Equal("hungry"u8, received);
            await harness.CatchUpAsync();
            Assert.Equal(before, harness.BytesSpliced);
            Assert.Equal(1, harness.PipesExhausted);
        }

        while (harness.BytesSpliced == before)
        {
            await connection.Client.SendTextAsync("again");
            await connection.Backend.ReceiveTextAsync(5);
            Assert.InRange(harness.PipesExhausted, 1, 1000);
        }
    }

    [Fact]
    public async Task Running_out_of_descriptors_pauses_accepting_and_serves_everybody_later()
    {
        const int Clients = 16;
        await using var harness = Start(
            new TcpHarnessOptions { Listener = new TcpListenerOptions { AcceptRetryDelay = TimeSpan.FromMilliseconds(20) } });
        // Everything the run below needs is loaded before there are no descriptors left to load it with.
        (await harness.ConnectAsync()).Dispose();
        await Deadlines.Until(() => harness.ActiveSessions == 0, "the first session to end");
        var clients = Enumerable.Range(0, Clients).Select(_ => Sockets.NewTcp(harness.Listener.LocalEndpoint)).ToList();

        using (new DescriptorFamine())
        {
            clients.ForEach(client => client.ConnectNow(harness.Listener.LocalEndpoint));
            var start = TimeProvider.System.GetTimestamp();
            await Deadlines.Until(() => harness.PausedAccepts >= 6, "accepting to pause several times");

            // Two loops, a try every 20 ms each: had it been spinning, thousands would have been counted.
            var elapsed = TimeProvider.System.GetElapsedTime(start);
            Assert.InRange(harness.PausedAccepts, 6, 2 * ((elapsed.TotalMilliseconds / 20) + 2 + Clients));
            Assert.Equal(1, harness.AcceptedSessions);
        }

        for (var i = 0; i < Clients; i++)
        {
            using var backend = await harness.AcceptBackendAsync();
            await backend.SendTextAsync("served");
        }

        foreach (var client in clients)
        {
            Assert.Equal("served", await client.ReceiveTextAsync(6));
            client.Dispose();
        }
    }

    [Fact]
    public async Task Session_that_gets_no_descriptor_for_its_upstream_ends_with_resource_exhausted()
    {
        await using var harness = Start();
        (await harness.ConnectAsync()).Dispose();
        await Deadlines.Until(() => harness.ActiveSessions == 0, "the first session to end");
        using var client = Sockets.NewTcp(harness.Listener.LocalEndpoint);

        using (new DescriptorFamine(spare: 1))
        {
            client.ConnectNow(harness.Listener.LocalEndpoint);
            var session = await harness.NextSessionAsync();
            Assert.Equal(CloseReason.ResourceExhausted, await session.Closed.InTime());
            Assert.Equal([DialError.LocalResources], session.DialErrors);
        }
    }

    private static async Task AskOnceAsync(TcpHarness harness, bool withReset)
    {
        using var client = Sockets.NewTcp(harness.Listener.LocalEndpoint);
        await client.ConnectInTimeAsync(harness.Listener.LocalEndpoint);
        await client.SendTextAsync("ping");
        Assert.Equal("pong", await client.ReceiveTextAsync(4));
        if (withReset)
        {
            client.CloseWithReset();
        }
    }

    private static async Task ServeAsync(Socket listener, int connections)
    {
        var served = new List<Task>(connections);
        for (var i = 0; i < connections; i++)
        {
            served.Add(ServeOneAsync(await listener.AcceptAsync(TestContext.Current.CancellationToken).InTime()));
        }

        await Task.WhenAll(served);

        static async Task ServeOneAsync(Socket socket)
        {
            using (socket)
            {
                Assert.Equal("ping", await socket.ReceiveTextAsync(4));
                await socket.SendTextAsync("pong");
                try
                {
                    await socket.AssertEndsAsync();
                }
                catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
                {
                    // Every tenth client resets.
                }
            }
        }
    }

    /// <summary>Lowers this process's limit to what is open now and fills the gaps. Disposing ends the famine.</summary>
    private sealed partial class DescriptorFamine : IDisposable
    {
        private const int RLIMIT_NOFILE = 7; // asm-generic/resource.h

        private readonly List<Socket> _fillers = [];
        private readonly Limit _original;

        public DescriptorFamine(int spare = 0)
        {
            Assert.Equal(0, getrlimit(RLIMIT_NOFILE, out _original));
            var highest = Directory.EnumerateFileSystemEntries("/proc/self/fd")
                .Max(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));
            Assert.Equal(0, setrlimit(RLIMIT_NOFILE, _original with { Soft = (ulong)highest + 8 }));
            try
            {
                while (true)
                {
                    _fillers.Add(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
                }
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.TooManyOpenSockets)
            {
                // Full, as wanted.
            }

            for (var i = 0; i < spare; i++)
            {
                _fillers[i].Dispose();
            }
        }

        public void Dispose()
        {
            Assert.Equal(0, setrlimit(RLIMIT_NOFILE, _original));
            _fillers.ForEach(filler => filler.Dispose());
        }

        [LibraryImport("libc")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static partial int getrlimit(int resource, out Limit limit);

        [LibraryImport("libc")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static partial int setrlimit(int resource, in Limit limit);

        [StructLayout(LayoutKind.Sequential)]
        private record struct Limit(ulong Soft, ulong Hard);
    }
}
