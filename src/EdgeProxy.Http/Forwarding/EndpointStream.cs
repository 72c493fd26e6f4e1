using System.Net.Sockets;

namespace EdgeProxy.Http.Forwarding;

/// <summary>
/// A TCP connection to an endpoint that can still be read when the endpoint has hung up on what we send. The client library sends a request whole
/// before it reads the answer, while an endpoint may answer 413 or 401 at once and close; the answer is in the receive buffer then.
/// </summary>
/// <remarks>
/// The first write that fails says so (<see cref="UploadCutException"/>), those that follow go nowhere. When the answer ends without having been
/// complete, reading fails: what was reset never looks like an end.
/// </remarks>
internal sealed class EndpointStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    private volatile bool _isCut;

    /// <summary>Connects; for <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new EndpointStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isCut)
        {
            return ValueTask.CompletedTask;
        }

        var writing = base.WriteAsync(buffer, cancellationToken);
        return writing.IsCompletedSuccessfully ? writing : FinishAsync(writing);
    }

    /// <inheritdoc />
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _isCut && !buffer.IsEmpty ? ReadRestAsync(buffer, cancellationToken) : base.ReadAsync(buffer, cancellationToken);

    private async ValueTask FinishAsync(ValueTask writing)
    {
        try
        {
            await writing;
        }
        catch (IOException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown })
        {
            _isCut = true;
            throw new UploadCutException(error);
        }
    }

    // The kernel tells of a reset once, and the write has heard of it: here it would be an end like any other.
    private async ValueTask<int> ReadRestAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        await base.ReadAsync(buffer, cancellationToken) is var count and > 0
            ? count
            : throw new IOException("The endpoint has reset the connection.", new SocketException((int)SocketError.ConnectionReset));
}
