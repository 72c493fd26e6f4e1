using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Demo.Http;

/// <summary>Sends back every WebSocket message, text or binary, in the pieces it came in. The first subprotocol offered is taken.</summary>
internal static class WebSocketEcho
{
    private const int BufferSize = 16 * 1024;

    /// <param name="context">The upgrade request.</param>
    /// <param name="stopping">Says goodbye with "going away" (RFC 6455 §7.4.1, 1001) and waits for the client's answer.</param>
    public static async Task RunAsync(HttpContext context, CancellationToken stopping)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault());
        var goodbye = Task.CompletedTask;
        await using var stop = stopping.Register(() =>
            goodbye = socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "the pod goes away", context.RequestAborted));
        try
        {
            await EchoAsync(socket, context.RequestAborted);
            await goodbye;
        }
        catch (WebSocketException)
        {
            // The client went without a close frame, or an echo met our goodbye.
        }
    }

    private static async Task EchoAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                if (socket.State == WebSocketState.CloseReceived)
                {
                    var status = socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure;
                    await socket.CloseOutputAsync(status, socket.CloseStatusDescription, cancellationToken);
                }

                return;
            }

            if (socket.State == WebSocketState.Open)
            {
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, cancellationToken);
            }
        }
    }
}
