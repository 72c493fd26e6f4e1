using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Forwarding;

/// <summary>Reads a request's body whole before an endpoint is contacted (annotation proxy-request-buffering), so that it can be sent again.</summary>
internal static class RequestBuffer
{
    /// <summary>Bytes kept in memory; the rest goes into a temporary file that ends with the request.</summary>
    private const int MemoryLimit = 64 * 1024;

    /// <summary><see cref="ResponseReason.Forwarded"/>: it is there. Anything else says why not.</summary>
    /// <param name="context">The request.</param>
    /// <param name="silence">How long the client may send nothing.</param>
    public static async ValueTask<ResponseReason> FillAsync(HttpContext context, TimeSpan silence)
    {
        context.Request.EnableBuffering(MemoryLimit);
        var body = context.Request.Body;
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        try
        {
            do
            {
                patience.CancelAfter(silence);
            }
            while (await body.ReadAsync(buffer, patience.Token) > 0);
        }
        catch (OperationCanceledException)
        {
            return context.RequestAborted.IsCancellationRequested ? ResponseReason.ClientGone : ResponseReason.RequestTimeout;
        }
        catch (BadHttpRequestException error)
        {
            return ForwardFailure.BodyProblem(error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        body.Position = 0;
        return ResponseReason.Forwarded;
    }
}
