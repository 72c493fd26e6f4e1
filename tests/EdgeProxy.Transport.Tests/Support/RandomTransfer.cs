using System.Net.Sockets;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>One direction of a connection: random bytes in random chunks, read in other random chunks, compared byte by byte, ended by FIN.</summary>
internal static class RandomTransfer
{
    public static Task RunAsync(Socket sender, Socket receiver, int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[random.Next(0, 6 * 1024 * 1024)];
        random.NextBytes(bytes);
        return Task.WhenAll(SendAsync(sender, bytes, new Random(seed + 1)), ReceiveAsync(receiver, bytes, new Random(seed + 2)));
    }

    /// <summary>Four connections through the proxy, both ways at once, to their orderly end.</summary>
    public static async Task RunBothWaysAsync(TcpHarness harness, Random random)
    {
        var connections = new List<RelayedConnection>();
        for (var i = 0; i < 4; i++)
        {
            connections.Add(await harness.ConnectAsync(client => client.ReceiveBufferSize = 32 * 1024));
        }

        var transfers = connections.SelectMany(connection => new[]
        {
            RunAsync(connection.Client, connection.Backend, random.Next()),
            RunAsync(connection.Backend, connection.Client, random.Next()),
        });
        await Task.WhenAll(transfers).InTime();

        foreach (var connection in connections)
        {
            Assert.Equal(CloseReason.Completed, await connection.Session.Closed.InTime());
            connection.Dispose();
        }

        Assert.Empty(harness.Exceptions);
    }

    private static async Task SendAsync(Socket sender, byte[] bytes, Random random)
    {
        for (var offset = 0; offset < bytes.Length;)
        {
            var count = Math.Min(ChunkSize(random), bytes.Length - offset);
            await sender.SendAllAsync(bytes.AsMemory(offset, count));
            offset += count;
            await PauseSometimes(random);
        }

        sender.Shutdown(SocketShutdown.Send);
    }

    private static async Task ReceiveAsync(Socket receiver, byte[] expected, Random random)
    {
        var buffer = new byte[512 * 1024];
        var offset = 0;
        while (true)
        {
            var received = await receiver.ReceiveAsync(buffer.AsMemory(0, ChunkSize(random)), TestContext.Current.CancellationToken).InTime();
            if (received == 0)
            {
                break;
            }

            Assert.True(
                buffer.AsSpan(0, received).SequenceEqual(expected.AsSpan(offset, Math.Min(received, expected.Length - offset))),
                $"The bytes differ somewhere after {offset}.");
            offset += received;
            await PauseSometimes(random);
        }

        Assert.Equal(expected.Length, offset);
    }

    // From single bytes to several blocks, small ones more often.
    private static int ChunkSize(Random random) => 1 + random.Next(1 << random.Next(6, 19));

    // Gives the other side a chance to run dry or to fill up; which of them it does is the point of the test.
    private static async Task PauseSometimes(Random random)
    {
        if (random.Next(64) == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(3)), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
