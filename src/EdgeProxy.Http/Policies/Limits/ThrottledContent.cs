using System.Net;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Policies.Limits;

/// <summary>Annotation limit-rate: an answer's body that is read no faster than it may be sent. Owns the body it is made of.</summary>
/// <remarks>nginx's count: a second's worth may go at once, then the rate; what limit-rate-after says comes on top.</remarks>
internal sealed class ThrottledContent : HttpContent
{
    private readonly HttpContent _body;
    private readonly BandwidthPolicy _policy;
    private readonly TimeProvider _time;

    public ThrottledContent(HttpContent body, BandwidthPolicy policy, TimeProvider time)
    {
        _body = body;
        _policy = policy;
        _time = time;
        Headers.ContentLength = body.Headers.ContentLength;
    }

    /// <inheritdoc />
    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new ThrottledStream(await _body.ReadAsStreamAsync(cancellationToken), _policy, _time);

    /// <inheritdoc />
    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    /// <inheritdoc />
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

    /// <inheritdoc />
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
        }

        base.Dispose(disposing);
    }

    private sealed class ThrottledStream(Stream inner, BandwidthPolicy policy, TimeProvider time) : Stream
    {
        private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
        private readonly long _startedAt = time.GetTimestamp();
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var allowed = Allowed();
            while (allowed < 1)
            {
                await Task.Delay(Tick, time, cancellationToken);
                allowed = Allowed();
            }

            var count = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, allowed)], cancellationToken);
            _read += count;
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Flush()
        {
            // Nothing is written here.
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private double Allowed() => policy.After + (policy.BytesPerSecond * (1 + time.GetElapsedTime(_startedAt).TotalSeconds)) - _read;
    }
}
