using System.Net;

namespace EdgeProxy.Http.Forwarding.Bodies;

/// <summary>An answer's body that is read through a stream of ours. Owns the body it is made of.</summary>
/// <param name="body">What the endpoint sends.</param>
/// <param name="through">Puts the stream around that of the body.</param>
internal sealed class BodyContent(HttpContent body, Func<Stream, BodyStream> through) : HttpContent
{
    /// <inheritdoc />
    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        through(await body.ReadAsStreamAsync(cancellationToken));

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
            body.Dispose();
        }

        base.Dispose(disposing);
    }
}
