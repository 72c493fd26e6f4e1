using System.IO.Compression;
using EdgeProxy.Http.Forwarding.Bodies;

namespace EdgeProxy.Http.Policies.Compression;

/// <summary>
/// An answer's body, compressed while it is read. What the endpoint has sent is passed on whole with every read, so that nothing that streams waits
/// for a block to fill.
/// </summary>
internal sealed class CompressedBodyStream : BodyStream
{
    private readonly byte[] _plain = new byte[16 * 1024];
    private readonly MemoryStream _compressed = new();
    private readonly Stream _compressor;
    private int _taken;
    private bool _hasEnded;

    public CompressedBodyStream(Stream inner, Func<Stream, Stream> compressor)
        : base(inner) => _compressor = compressor(_compressed);

    /// <summary>Compresses into a stream that stays open.</summary>
    public static Func<Stream, Stream> Gzip(int level) => to => new GZipStream(to, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true);

    /// <inheritdoc cref="Gzip" />
    public static Func<Stream, Stream> Brotli(int level) => to => new BrotliStream(to, new BrotliCompressionOptions { Quality = level }, leaveOpen: true);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_taken == _compressed.Length)
        {
            if (_hasEnded)
            {
                return 0;
            }

            _compressed.SetLength(0);
            _taken = 0;
            await CompressAsync(cancellationToken);
        }

        var count = Math.Min(buffer.Length, (int)_compressed.Length - _taken);
        _compressed.GetBuffer().AsMemory(_taken, count).CopyTo(buffer);
        _taken += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _compressor.Dispose();
            _compressed.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Compresses what there is, or the end of it. Into memory, so it does not wait.</summary>
    private async ValueTask CompressAsync(CancellationToken cancellationToken)
    {
        var count = await Inner.ReadAsync(_plain, cancellationToken);
        if (count > 0)
        {
            await _compressor.WriteAsync(_plain.AsMemory(0, count), cancellationToken);
            await _compressor.FlushAsync(cancellationToken);
            return;
        }

        _hasEnded = true;
        await _compressor.DisposeAsync();
    }
}
