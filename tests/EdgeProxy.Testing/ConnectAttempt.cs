using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.Testing;

/// <summary>A TCP connection attempt whose answer may never come. Owns its socket.</summary>
public sealed class ConnectAttempt : IDisposable
{
    private const int TcpLevel = 6; // IPPROTO_TCP
    private const int TcpInfo = 11; // TCP_INFO, linux/tcp.h
    private const byte SynSent = 2; // TCP_SYN_SENT, net/tcp_states.h

    /// <summary>Sends the first packet. Over loopback the answer, if there is one, is there when this returns, as a rule.</summary>
    public ConnectAttempt(IPEndPoint to, IPAddress? from, CancellationToken cancellationToken)
    {
        Socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (from is not null)
        {
            Socket.Bind(new IPEndPoint(from, 0));
        }

        Answered = Socket.ConnectAsync(to, cancellationToken).AsTask();
    }

    /// <summary>The client's end.</summary>
    public Socket Socket { get; }

    /// <summary>Ends when the server accepted, with an error when it refused.</summary>
    public Task Answered { get; }

    /// <summary>True while neither an acceptance nor a refusal has come.</summary>
    public bool IsUnanswered
    {
        get
        {
            Span<byte> info = stackalloc byte[8];
            Socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
            return info[0] == SynSent;
        }
    }

    /// <summary>How often the first packet was repeated so far, for want of an answer. The kernel's first repetition comes after a second.</summary>
    public int Repetitions
    {
        get
        {
            Span<byte> info = stackalloc byte[8];
            Socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
            return info[2]; // tcpi_retransmits
        }
    }

    /// <inheritdoc />
    public void Dispose() => Socket.Dispose();
}
