using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeProxy.Demo.Http;

/// <summary>Answers a gRPC call of any method with its own messages, as they come, and status OK.</summary>
internal static class GrpcEcho
{
    /// <summary>gRPC needs response trailers, so it is spoken over HTTP/2 only.</summary>
    public static bool IsCall(HttpContext context) =>
        context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true
        && context.Response.SupportsTrailers();

    public static async Task RunAsync(HttpContext context)
    {
        context.Response.ContentType = context.Request.ContentType;
        context.Response.DeclareTrailer("grpc-status");
        while (true)
        {
            var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
            foreach (var part in read.Buffer)
            {
                await context.Response.BodyWriter.WriteAsync(part, context.RequestAborted);
            }

            context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                context.Response.AppendTrailer("grpc-status", "0");
                return;
            }
        }
    }
}
