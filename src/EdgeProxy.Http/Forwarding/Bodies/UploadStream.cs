namespace EdgeProxy.Http.Forwarding.Bodies;

/// <summary>A request's body on its way to the client library. Borrows <paramref name="inner"/>, the library's own stream.</summary>
internal sealed class UploadStream(Stream inner) : Stream
{
    // What is not sent costs nothing without TLS; with it every byte is still encrypted, some seconds' worth at most.
    private const long MostSkipped = 4L * 1024 * 1024 * 1024;

    private static readonly byte[] Nothing = new byte[1024 * 1024];

    private long _written;

    /// <summary>True when the endpoint has hung up.</summary>
    public bool IsCut { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// Makes the library believe that the rest was sent too, since it reads the answer only then. Nothing leaves: <see cref="EndpointStream"/>
    /// drops it. A body without a length is over as it is.
    /// </summary>
    public async ValueTask SkipRestAsync(long? length, CancellationToken cancellationToken)
    {
        for (var left = (length ?? 0) - _written; left > 0 && left <= MostSkipped; left = length!.Value - _written)
        {
            await WriteAsync(Nothing.AsMemory(0, (int)Math.Min(left, Nothing.Length)), cancellationToken);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Counted before, as the library does.
        _written += buffer.Length;
        try
        {
            await inner.WriteAsync(buffer, cancellationToken);
        }
        catch (UploadCutException)
        {
            IsCut = true;
            throw;
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await inner.FlushAsync(cancellationToken);
        }
        catch (UploadCutException)
        {
            IsCut = true;
            throw;
        }
    }

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
