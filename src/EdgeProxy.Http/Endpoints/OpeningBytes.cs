using System.Buffers;
using System.Net.Sockets;

namespace EdgeProxy.Http.Endpoints;

/// <summary>
/// What a client sent first. The bytes are looked at and stay in the socket (MSG_PEEK) for whoever serves the connection: nothing has to be
/// replayed, and a connection that was looked at costs its requests nothing.
/// </summary>
internal sealed class OpeningBytes(Socket socket, TimeProvider time) : IDisposable
{
    /// <summary>Most bytes that are looked at: a ClientHello with everything in it, or a PROXY header of 4 KiB.</summary>
    public const int MaxLength = 16 * 1024;

    // The kernel has no "more than these" to wait for that .NET shows. Doubling keeps a client that trickles from costing us more than itself.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(2);

    private byte[] _buffer = [];
    private TimeSpan _pause = FirstPause;

    /// <summary>All that is known.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Length);

    private int Length { get; set; }

    /// <summary>Waits for more than is known; false when there will not be more: the client has closed, or it is too much.</summary>
    public async ValueTask<bool> MoreAsync(CancellationToken cancellationToken)
    {
        if (Length == 0)
        {
            // Without a buffer, which a client that connects ahead of time would hold for long.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
        }

        if (_buffer.Length == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(MaxLength);
        }

        while (Length < MaxLength)
        {
            var seen = await socket.ReceiveAsync(_buffer.AsMemory(0, MaxLength), SocketFlags.Peek, cancellationToken);
            if (seen == 0 || seen > Length)
            {
                Length = seen;
                return seen > 0;
            }

            await Task.Delay(_pause, time, cancellationToken);
            _pause *= 2;
        }

        return false;
    }

    /// <summary>Takes bytes that are known out of the socket.</summary>
    public async ValueTask SkipAsync(int count, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            count -= await socket.ReceiveAsync(_buffer.AsMemory(0, count), SocketFlags.None, cancellationToken);
        }

        Length = 0;
        _pause = FirstPause;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            Length = 0;
        }
    }
}
