using System.Text;
using EdgeProxy.Demo.Pods;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeProxy.Demo.Http;

/// <summary>A pod's answer to one HTTP request.</summary>
internal sealed class PodResponder(TimeProvider time)
{
    private const string PodNameHeader = "X-Pod-Name";

    // "abc…z\n" over and over: recognizable in a terminal, and cheap to send in big pieces.
    private static readonly byte[] Filler = CreateFiller();

    public async Task RespondAsync(HttpContext context)
    {
        var connection = context.Features.GetRequiredFeature<PodHttpConnection>();
        context.Response.Headers[PodNameHeader] = connection.Pod.Name;
        try
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                await WebSocketEcho.RunAsync(context, connection.Stopping);
            }
            else if (GrpcEcho.IsCall(context))
            {
                await GrpcEcho.RunAsync(context);
            }
            else if (context.Request.Path == "/healthz")
            {
                await WriteAsync(context, StatusCodes.Status200OK, "text/plain; charset=utf-8", "ok\n");
            }
            else
            {
                await ReportAsync(context, connection.Pod);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left; there is nobody to tell.
        }
    }

    private async Task ReportAsync(HttpContext context, PlayedPod pod)
    {
        if (!RequestSwitches.TryParse(context.Request.Query, out var switches, out var error))
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, "text/plain; charset=utf-8", error + "\n");
            return;
        }

        var bodyBytes = await DrainBodyAsync(context.Request, context.RequestAborted);
        await Task.Delay(switches.Delay, time, context.RequestAborted);
        if (switches.Size is { } size)
        {
            await WriteFillerAsync(context, switches.Status, size);
            return;
        }

        var report = RequestReport.Of(context, pod, bodyBytes);
        var asJson = context.Request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase);
        await WriteAsync(
            context,
            switches.Status,
            asJson ? "application/json; charset=utf-8" : "text/plain; charset=utf-8",
            asJson ? report.ToJson() : report.ToText());
    }

    private static async Task<long> DrainBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var drained = 0L;
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            drained += read.Buffer.Length;
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return drained;
            }
        }
    }

    private static async Task WriteAsync(HttpContext context, int status, string contentType, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        if (BeginResponse(context, status, contentType, body.Length))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private static async Task WriteFillerAsync(HttpContext context, int status, long size)
    {
        if (!BeginResponse(context, status, "text/plain; charset=utf-8", size))
        {
            return;
        }

        for (var rest = size; rest > 0; rest -= Math.Min(rest, Filler.Length))
        {
            await context.Response.Body.WriteAsync(Filler.AsMemory(0, (int)Math.Min(rest, Filler.Length)), context.RequestAborted);
        }
    }

    // False when the answer must not have a body.
    private static bool BeginResponse(HttpContext context, int status, string contentType, long length)
    {
        context.Response.StatusCode = status;

        // Kestrel hears of the pod's end a moment later than everybody else; without this an answer in between would promise keep-alive.
        var stopping = context.Features.GetRequiredFeature<PodHttpConnection>().Stopping;
        if (stopping.IsCancellationRequested && context.Request.Protocol == HttpProtocol.Http11)
        {
            context.Response.Headers.Connection = "close";
        }

        if (status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
        {
            return false;
        }

        context.Response.ContentType = contentType;
        context.Response.ContentLength = length;
        return !HttpMethods.IsHead(context.Request.Method);
    }

    private static byte[] CreateFiller()
    {
        var filler = new byte[64 * 27 * 32];
        for (var i = 0; i < filler.Length; i++)
        {
            filler[i] = i % 27 == 26 ? (byte)'\n' : (byte)('a' + (i % 27));
        }

        return filler;
    }
}
