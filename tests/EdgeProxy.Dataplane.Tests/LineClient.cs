using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.Dataplane.Tests;

/// <summary>A TCP client of a service at <see cref="TestDataplane.ClusterIP"/> that talks in lines, as <see cref="NamedBackend"/> does.</summary>
internal sealed class LineClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public static async Task<LineClient> ConnectAsync(ushort port)
    {
        var client = new LineClient();
        await client._socket.ConnectAsync(TestDataplane.ClusterIP.ToIPAddress(), port, Deadline);
        return client;
    }

    public async Task<string> EchoAsync(string line)
    {
        await _socket.SendAsync(Encoding.ASCII.GetBytes(line + "\n"), Deadline);
        return await ReadLineAsync();
    }

    public async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await _socket.ReceiveAsync(one, Deadline) > 0 && one[0] != '\n')
        {
            line.Append((char)one[0]);
        }

        return line.ToString();
    }

    /// <summary>Ends when the connection does: with its error, or with success after FIN.</summary>
    public async Task<SocketError> EndAsync()
    {
        try
        {
            while (await _socket.ReceiveAsync(new byte[64], Deadline) > 0)
            {
            }

            return SocketError.Success;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode;
        }
    }

    public void Dispose() => _socket.Dispose();
}
