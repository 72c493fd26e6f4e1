using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.Testing;

/// <summary>A listener whose backlog is full: the kernel drops every further SYN, so connecting takes for ever.</summary>
public sealed class BlackHole : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _fillers = [];

    /// <summary>Opens one on a free loopback port.</summary>
    public BlackHole()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        Address = (IPEndPoint)_listener.LocalEndPoint!;
        for (var i = 0; i < 4; i++)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _fillers.Add(filler);
            try
            {
                filler.Connect(Address);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // On its way, or dropped: either fills the backlog.
            }
        }
    }

    /// <summary>Where nobody answers.</summary>
    public IPEndPoint Address { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        _fillers.ForEach(filler => filler.Dispose());
        _listener.Dispose();
    }
}
