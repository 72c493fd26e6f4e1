namespace EdgeProxy.Http.Forwarding.Bodies;

/// <summary>
/// An answer's body that lets the headers go ahead when its first byte is not there yet. The forwarder sends them only with that byte, and a client
/// of an event stream or a gRPC call may be waiting for the headers before it does what brings the byte about.
/// </summary>
/// <remarks>An end of stream that is there already is not waited for, so an answer of headers and trailers alone stays one.</remarks>
internal sealed class PromptStream(Stream inner, Exchange exchange) : BodyStream(inner)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = Inner.ReadAsync(buffer, cancellationToken);
        if (!reading.IsCompleted && !exchange.Http.Response.HasStarted)
        {
            await exchange.Http.Response.Body.FlushAsync(cancellationToken);
        }

        var count = await reading;
        exchange.BodyBytesSent += count;
        return count;
    }
}
