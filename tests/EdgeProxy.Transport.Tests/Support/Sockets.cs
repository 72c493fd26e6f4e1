using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>What the tests do with plain sockets.</summary>
internal static class Sockets
{
    public static Socket NewTcp(IpEndpoint towards) =>
        new(towards.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public static Socket NewUdp(IPAddress? address = null)
    {
        var socket = new Socket((address ?? IPAddress.Loopback).AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address ?? IPAddress.Loopback, 0));
        return socket;
    }

    public static Task ConnectInTimeAsync(this Socket socket, IpEndpoint to) =>
        socket.ConnectAsync(to.ToIPEndPoint(), TestContext.Current.CancellationToken).InTime();

    /// <summary>Connects without needing a new descriptor or thread; reset at once counts as connected.</summary>
    public static void ConnectNow(this Socket socket, IpEndpoint to)
    {
        try
        {
            socket.Connect(to.ToIPEndPoint());
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // The session was faster.
        }
    }

    /// <summary>A datagram socket takes it at once or not at all.</summary>
    public static void SendNow(this Socket socket, ReadOnlySpan<byte> payload) => Assert.Equal(payload.Length, socket.Send(payload));

    public static Task SendTextAsync(this Socket socket, string text) => socket.SendAllAsync(Encoding.UTF8.GetBytes(text));

    public static async Task SendAllAsync(this Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, TestContext.Current.CancellationToken).InTime()..];
        }
    }

    /// <summary>Sends until the socket has not been writable for a while; nobody reads, so that is for ever.</summary>
    public static long SendUntilBlocked(this Socket socket)
    {
        var chunk = new byte[64 * 1024];
        long total = 0;
        socket.Blocking = false;
        while (socket.Poll(TimeSpan.FromMilliseconds(250), SelectMode.SelectWrite))
        {
            var sent = socket.Send(chunk, SocketFlags.None, out var error);
            Assert.True(error is SocketError.Success or SocketError.WouldBlock, error.ToString());
            total += error == SocketError.Success ? sent : 0;
            Assert.True(total < 256 * 1024 * 1024, "The sender never blocks.");
        }

        return total;
    }

    public static async Task<string> ReceiveTextAsync(this Socket socket, int length) =>
        Encoding.UTF8.GetString(await socket.ReceiveExactlyAsync(length));

    public static async Task<byte[]> ReceiveExactlyAsync(this Socket socket, int length)
    {
        var buffer = new byte[length];
        var filled = 0;
        while (filled < length)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(filled), TestContext.Current.CancellationToken).InTime();
            Assert.True(received > 0, $"The stream ended after {filled} of {length} bytes.");
            filled += received;
        }

        return buffer;
    }

    /// <summary>Fills the buffer without needing a new descriptor or thread.</summary>
    public static void ReceiveExactly(this Socket socket, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var received = socket.Receive(buffer);
            Assert.True(received > 0, "The stream ended early.");
            buffer = buffer[received..];
        }
    }

    public static async Task<byte[]> ReceiveToEndAsync(this Socket socket)
    {
        var all = new List<byte>();
        var buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken).InTime() is var received and > 0)
        {
            all.AddRange(buffer.AsSpan(0, received));
        }

        return [.. all];
    }

    public static Task AssertEndsAsync(this Socket socket) => socket.AssertNextReadAsync(0);

    public static async Task AssertResetAsync(this Socket socket)
    {
        if (!socket.Connected)
        {
            return; // its connect call was told already
        }

        var exception = await Assert.ThrowsAsync<SocketException>(
            () => socket.ReceiveAsync(new byte[1].AsMemory(), TestContext.Current.CancellationToken).InTime());
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    }

    /// <summary>Closes with RST.</summary>
    public static void CloseWithReset(this Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }

    /// <summary>The socket's pending error; a RST after FIN was read shows only here, reads go on returning the end.</summary>
    public static bool HasError(this Socket socket) =>
        (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! != 0;

    private static async Task AssertNextReadAsync(this Socket socket, int expected) =>
        Assert.Equal(expected, await socket.ReceiveAsync(new byte[1].AsMemory(), TestContext.Current.CancellationToken).InTime());
}
