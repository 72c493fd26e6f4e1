using System.Buffers;
using System.Net.Sockets;

namespace EdgeProxy.Demo.Pods;

/// <summary>Sends back every byte it gets. The client's FIN ends the echo with our FIN, after the last byte (RFC 9293 §3.6).</summary>
internal static class RawEcho
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Borrows the socket until it returns.</summary>
    public static async Task RunAsync(Socket client, CancellationToken cancellationToken)
    {
        while (true)
        {
            // A zero-byte receive waits without holding a buffer for a quiet client.
            await client.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
            if (!await EchoOnceAsync(client, cancellationToken))
            {
                client.Shutdown(SocketShutdown.Send);
                return;
            }
        }
    }

    // False at the client's FIN.
    private static async Task<bool> EchoOnceAsync(Socket client, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var received = await client.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
            for (var sent = 0; sent < received;)
            {
                sent += await client.SendAsync(buffer.AsMemory(sent, received - sent), SocketFlags.None, cancellationToken);
            }

            return received > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
