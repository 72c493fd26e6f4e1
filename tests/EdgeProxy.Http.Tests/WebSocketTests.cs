using System.Net;
using System.Net.WebSockets;
using System.Text;
using EdgeProxy.Http.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeProxy.Http.Tests;

/// <summary>WebSockets: upgrade (RFC 6455) and extended CONNECT (RFC 8441), on either side.</summary>
public sealed class WebSocketTests
{
    [Theory]
    [InlineData("ws", "1.1", null)]
    [InlineData("wss", "1.1", null)]
    [InlineData("wss", "2.0", null)]
    [InlineData("ws", "1.1", "kubernetes.io/h2c")]
    [InlineData("wss", "2.0", "kubernetes.io/h2c")]
    public async Task Messages_pass_both_ways(string scheme, string version, string? appProtocol)
    {
        var cancel = Deadline.Token;
        var h2c = appProtocol is not null;
        await using var backend = await KestrelBackend.StartAsync(EchoAsync, h2c ? HttpProtocols.Http2 : HttpProtocols.Http1);
        await using var proxy = await TestProxy.StartAsync(builder =>
        {
            builder.SetService(Objects.Service("web", appProtocol, backend.Address));
            builder.SetIngress(Objects.Ingress("web"));
        });
        using var invoker = new HttpMessageInvoker(proxy.Handler());
        using var client = new ClientWebSocket();
        client.Options.HttpVersion = Version.Parse(version);
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        client.Options.AddSubProtocol("echo");

        await client.ConnectAsync(new Uri($"{scheme}://app.example.com/ws?q=1"), invoker, cancel);
        Assert.Equal("echo", client.SubProtocol);
        foreach (var size in new[] { 1, 1000, 200_000, 1_500_000 })
        {
            // The echo begins before the message is sent whole; nobody would take it otherwise, and both ends would wait. What passes is no
            // body, so that the largest message is larger than a body may be.
            var text = new string('w', size);
            var receiving = ReceiveAsync(client, cancel);
            await client.SendAsync(Encoding.ASCII.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, cancel);
            Assert.Equal(text, await receiving);
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", cancel);

        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
        Assert.Equal("forwarded", (await proxy.EndOfRequestAsync(cancel)).Field("Reason"));
    }

    [Fact]
    public async Task Endpoint_that_breaks_off_breaks_off_the_client()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (backend, wire, socket, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi", stop);
            await wire.ReadLineAsync(stop);
            socket.LingerState = new(enable: true, 0);
            socket.Close();
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.SendAsync(
            "GET /ws HTTP/1.1\r\nHost: app.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", cancel);
        var head = await client.ReadHeadAsync(cancel);
        await client.SendAsync("go\n", cancel);

        Assert.Equal(101, head!.Status);
        Assert.Equal("hi", await client.ReadToEndAsync(cancel));
        var request = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("websocket", request["Upgrade"]);
        Assert.Equal("dGhlIHNhbXBsZSBub25jZQ==", request["Sec-WebSocket-Key"]);
        Assert.Equal("upstream_reset", (await proxy.EndOfRequestAsync(cancel)).Field("Reason"));
    }

    [Fact]
    public async Task Silent_websocket_is_closed_after_the_activity_timeout()
    {
        var cancel = Deadline.Token;
        await using var backend = await KestrelBackend.StartAsync(EchoAsync);
        await using var proxy = await TestProxy.ServingAsync(options => options.ActivityTimeout = TimeSpan.FromMilliseconds(300), backend.Address);
        using var invoker = new HttpMessageInvoker(proxy.Handler());
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("echo");
        await client.ConnectAsync(new Uri("ws://app.example.com/ws"), invoker, cancel);

        await Assert.ThrowsAnyAsync<WebSocketException>(() => ReceiveAsync(client, cancel));

        Assert.Equal("upstream_timeout", (await proxy.EndOfRequestAsync(cancel)).Field("Reason"));
    }

    [Fact]
    public async Task Refused_upgrade_is_an_ordinary_answer()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync(
            "GET /ws HTTP/1.1\r\nHost: app.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", cancel);

        Assert.Equal(403, answer.Status);
        Assert.Equal("no", answer.Text);
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("echo");
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", context.RequestAborted);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }
    }

    private static async Task<string> ReceiveAsync(ClientWebSocket socket, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, cancel);
            text.Append(Encoding.ASCII.GetString(buffer, 0, received.Count));
            if (received.EndOfMessage)
            {
                return text.ToString();
            }
        }
    }
}
