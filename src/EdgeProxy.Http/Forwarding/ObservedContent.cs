using System.Net;
using EdgeProxy.Http.Forwarding.Bodies;

namespace EdgeProxy.Http.Forwarding;

/// <summary>
/// A request body that notes when somebody begins to send it, and lets the answer be read when the endpoint hangs up on it. Owns
/// <paramref name="body"/>.
/// </summary>
/// <remarks>
/// Needed because a failed connection does not prove the body untouched: the client library may repeat a request by itself on a new HTTP/2
/// connection after the old one refused it.
/// </remarks>
internal sealed class ObservedContent(HttpContent body, UpstreamTries tries) : HttpContent
{
    /// <inheritdoc />
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc />
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        tries.BodyStarted = true;
#pragma warning disable CA2000 // It has nothing of its own.
        var upload = new UploadStream(stream);
#pragma warning restore CA2000
        await body.CopyToAsync(upload, context, cancellationToken);
        if (upload.IsCut)
        {
            await upload.SkipRestAsync(Headers.ContentLength, cancellationToken);
        }
    }

    /// <inheritdoc />
    protected override bool TryComputeLength(out long length)
    {
        // A Content-Length the client sent is in the headers already; without one the body is chunked.
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
