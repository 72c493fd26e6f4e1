namespace EdgeProxy.Http.Forwarding.Bodies;

/// <summary>An answer's body on its way through us. Owns the stream it reads from.</summary>
internal abstract class BodyStream(Stream inner) : ForwardStream
{
    protected Stream Inner => inner;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
