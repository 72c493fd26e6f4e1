using System.Buffers;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.AccessLogs;

/// <summary>
/// Carries finished lines to a stream without ever holding a request up: lines wait in a bounded queue and are written together. What does not fit
/// is lost, counted, and said. Owns the queue, not the stream.
/// </summary>
public sealed class AccessLogWriter : IAsyncDisposable
{
    private const int MaxWaitingLines = 16 * 1024;
    private const int FlushAt = 64 * 1024;

    private readonly Channel<(byte[] Line, int Length)> _lines =
        Channel.CreateBounded<(byte[] Line, int Length)>(new BoundedChannelOptions(MaxWaitingLines) { SingleReader = true });

#pragma warning disable CA2213 // Whose it is closes it.
    private readonly Stream _output;
#pragma warning restore CA2213
    private readonly ILogger _logger;
    private readonly Task _writing;
    private long _lost;
    private long _totalLost;

    /// <summary>Starts writing.</summary>
    public AccessLogWriter(Stream output, ILogger logger)
    {
        _output = output;
        _logger = logger;
        _writing = WriteAllAsync();
    }

    /// <summary>Lines that were lost since start.</summary>
    public long TotalLost => Interlocked.Read(ref _totalLost);

    /// <summary>Takes a line, its end included. Any thread; never waits.</summary>
    public void Write(ReadOnlySpan<byte> line)
    {
        var copy = ArrayPool<byte>.Shared.Rent(line.Length);
        line.CopyTo(copy);
        if (!_lines.Writer.TryWrite((copy, line.Length)))
        {
            ArrayPool<byte>.Shared.Return(copy);
            Interlocked.Increment(ref _lost);
            Interlocked.Increment(ref _totalLost);
        }
    }

    /// <summary>Writes what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteAllAsync()
    {
        var together = new ArrayBufferWriter<byte>(FlushAt * 2);
        try
        {
            while (await _lines.Reader.WaitToReadAsync())
            {
                while (together.WrittenCount < FlushAt && _lines.Reader.TryRead(out var line))
                {
                    together.Write(line.Line.AsSpan(0, line.Length));
                    ArrayPool<byte>.Shared.Return(line.Line);
                }

                await _output.WriteAsync(together.WrittenMemory);
                await _output.FlushAsync();
                together.ResetWrittenCount();
                ReportLost();
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or UnauthorizedAccessException)
        {
            // Nobody reads any more: the proxy goes on, its log does not.
            _lines.Writer.TryComplete();
            HttpLog.AccessLogEnded(_logger, error.Message);
        }
    }

    private void ReportLost()
    {
        if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
        {
            HttpLog.AccessLogLost(_logger, lost);
        }
    }
}
