using System.Net.Sockets;
using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests;

/// <summary>Endpoints that answer before they have the whole body, over HTTP/1.1.</summary>
public sealed class UploadTests
{
    [Theory]
    [InlineData(false, 413)]
    [InlineData(true, 502)]
    public async Task Early_answer_passes_unless_the_endpoint_resets_the_upload(bool resets, int status)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (_, wire, socket, stop) =>
        {
            await wire.ReadHeadAsync(stop);
            await wire.SendAsync("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", stop);
            socket.Shutdown(SocketShutdown.Send);
            if (!resets)
            {
                await wire.ReadToEndAsync(stop);
            }
        });
        await using var proxy = await TestProxy.ServingAsync(options => options.MaxRequestBodySize = 0, backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var sending = client.SendAsync(
            "POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 10000000\r\n\r\n" + new string('x', 10_000_000), cancel);
        var answer = await client.ReadAnswerAsync(cancel);

        Assert.Equal(status, answer.Status);

        // The proxy may have hung up on the rest of the upload; that is the sender's to see.
        client.Dispose();
        await Record.ExceptionAsync(() => sending);
    }
}
