using System.Net.Sockets;

namespace EdgeProxy.Transport.Addresses;

/// <summary>
/// Keeps two processes from owning the same addresses: each would remove what the other added. Given back when disposed, and by the
/// kernel when the process dies.
/// </summary>
/// <remarks>An abstract Unix socket (unix(7)), because those belong to the network namespace, as interfaces and routes do.</remarks>
internal sealed class AddressLock : IDisposable
{
    private readonly Socket _socket;

    private AddressLock(Socket socket) => _socket = socket;

    /// <summary>Takes the lock.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static AddressLock Take(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint($"\0edgeproxy/addresses/{name}"));
            return new AddressLock(socket);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw error.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? new IOException($"another process on this host owns the addresses of {name}", error)
                : new IOException($"the addresses of {name} cannot be locked: {error.Message}", error);
        }
    }

    public void Dispose() => _socket.Dispose();
}
