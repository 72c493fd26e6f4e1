using EdgeProxy.Http.Forwarding.Bodies;

namespace EdgeProxy.Http.Policies.Mirror;

/// <summary>
/// A request body that keeps what is read of it, and hands it over when it was read whole: or null when it is too large, or nobody read it to its
/// end. Borrows the body.
/// </summary>
internal sealed class MirroredBody(Stream body, int limit, Action<byte[]?> done) : ForwardStream
{
    private MemoryStream? _kept = new();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await body.ReadAsync(buffer, cancellationToken);
        if (_kept is { } kept && buffer.Length > 0)
        {
            if (count == 0)
            {
                End(kept.ToArray());
            }
            else if (kept.Length + count > limit)
            {
                End(bytes: null);
            }
            else
            {
                kept.Write(buffer.Span[..count]);
            }
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _kept is not null)
        {
            End(bytes: null);
        }

        base.Dispose(disposing);
    }

    private void End(byte[]? bytes)
    {
        _kept?.Dispose();
        _kept = null;
        done(bytes);
    }
}
