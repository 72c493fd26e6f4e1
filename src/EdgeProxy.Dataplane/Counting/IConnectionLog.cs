using EdgeProxy.Model;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Tcp;

namespace EdgeProxy.Dataplane.Counting;

/// <summary>Is told of every TCP connection and UDP flow that is over. Called on event loops: it must neither wait nor throw.</summary>
public interface IConnectionLog
{
    /// <summary>One is over.</summary>
    void Write(in ConnectionEnd end);
}

/// <summary>A TCP connection, or a UDP flow, that is over.</summary>
/// <param name="Client">Who was served: the peer, or whom its PROXY header announced.</param>
/// <param name="Frontend">What it asked for.</param>
/// <param name="Service">What serves that; null when nobody was found.</param>
/// <param name="Endpoint">The endpoint it was connected to, or tried last; null: none.</param>
/// <param name="Tries">Endpoints that were tried.</param>
/// <param name="BytesReceived">Bytes from the client.</param>
/// <param name="BytesSent">Bytes to the client.</param>
/// <param name="Duration">From accept, or first datagram, to the end.</param>
/// <param name="ConnectTime">How long the endpoint took to accept; null: it did not, or it is UDP.</param>
/// <param name="Reason">Why it ended.</param>
public readonly record struct ConnectionEnd(
    IpEndpoint Client,
    FrontendAddress Frontend,
    ServicePortName? Service,
    EndpointAddress? Endpoint,
    int Tries,
    long BytesReceived,
    long BytesSent,
    TimeSpan Duration,
    TimeSpan? ConnectTime,
    CloseReason Reason);
