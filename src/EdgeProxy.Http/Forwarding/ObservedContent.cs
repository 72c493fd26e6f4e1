using System.Net;

namespace EdgeProxy.Http.Forwarding;

/// <summary>A request body that notes when somebody begins to send it. Owns <paramref name="body"/>.</summary>
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
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        tries.BodyStarted = true;
        return body.CopyToAsync(stream, context, cancellationToken);
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
