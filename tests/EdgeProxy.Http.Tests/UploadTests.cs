using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Tests;

/// <summary>Endpoints that answer before they have the whole body, over HTTP/1.1.</summary>
public sealed class UploadTests
{
    private const int Size = 100_000_000;
    private const string TooLarge = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno";

    [Theory(Timeout = 60_000)]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(true, true, true)]
    public async Task Early_answer_passes_whether_or_not_the_endpoint_resets_the_upload(bool resets, bool isChunked, bool usesTls)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing((_, wire, socket, stop) => AnswerEarlyAsync(wire, socket, usesTls, TooLarge, resets, stop));
        await using var proxy = await StartAsync(usesTls, backend.Address);

        var answer = await UploadAsync(proxy, isChunked, cancel);

        Assert.Equal(413, answer.Status);
        Assert.Equal("no", answer.Text);
        Assert.True(answer.Complete);
        var line = await proxy.EndOfRequestAsync(cancel);
        Assert.Equal("forwarded", line.Field("Reason"));
        Assert.Equal("1", line.Field("Tries"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("HTTP/1.1 413 Content Too")]
    public async Task Reset_without_a_whole_head_is_a_reset_and_the_body_goes_to_nobody_else(string answer)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing((_, wire, socket, stop) => AnswerEarlyAsync(wire, socket, usesTls: false, answer, resets: true, stop));
        await using var second = RawBackend.Doing((_, wire, socket, stop) => AnswerEarlyAsync(wire, socket, usesTls: false, answer, resets: true, stop));
        await using var proxy = await StartAsync(usesTls: false, backend.Address, second.Address);

        Assert.Equal("502 Bad Gateway: upstream_reset\n", (await UploadAsync(proxy, isChunked: false, cancel)).Text);
        Assert.Equal(1, backend.Connections + second.Connections);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Content-Length: 100\r\n\r\npart")]
    [InlineData("\r\npart")]
    public async Task Early_answer_that_a_reset_cut_short_is_not_passed_on_as_whole(string rest)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(
            (_, wire, socket, stop) => AnswerEarlyAsync(wire, socket, usesTls: false, "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n" + rest, resets: true, stop));
        await using var proxy = await StartAsync(usesTls: false, backend.Address);
        using var client = await proxy.ConnectAsync(cancel);
        var sending = SendAsync(client, isChunked: false, cancel);

        var head = await client.ReadHeadAsync(cancel);
        var complete = head is { Status: 413 } && head["Content-Length"].Length + head["Transfer-Encoding"].Length > 0
            && (await client.ReadBodyAsync(head, cancel)).Complete;

        Assert.False(complete);
        Assert.Equal("upstream_reset", (await proxy.EndOfRequestAsync(cancel)).Field("Reason"));
        client.Dispose();
        await Record.ExceptionAsync(() => sending);
    }

    [Fact(Timeout = 60_000)]
    public async Task Connection_that_went_stale_while_it_was_kept_costs_no_request()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (backend, wire, socket, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", stop);
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        });
        await using var proxy = await StartAsync(usesTls: false, backend.Address);

        for (var i = 0; i < 5; i++)
        {
            using var client = await proxy.ConnectAsync(cancel);
            Assert.Equal(200, (await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel)).Status);
        }
    }

    private static Task<TestProxy> StartAsync(bool usesTls, params EndpointAddress[] endpoints) => TestProxy.StartAsync(
        builder =>
        {
            builder.SetService(Objects.Service("web", usesTls ? "https" : null, endpoints));
            builder.SetIngress(Objects.Ingress("web"));
        },
        options => options.MaxRequestBodySize = 0);

    private static async Task SendAsync(HttpWire client, bool isChunked, CancellationToken cancel)
    {
        var framing = isChunked ? $"Transfer-Encoding: chunked\r\n\r\n{Size:x}\r\n" : $"Content-Length: {Size}\r\n\r\n";
        await client.SendAsync("POST / HTTP/1.1\r\nHost: app.example.com\r\n" + framing, cancel);
        var part = new byte[1_000_000];
        for (var sent = 0; sent < Size; sent += part.Length)
        {
            await client.SendAsync(part, cancel);
        }

        if (isChunked)
        {
            await client.SendAsync("\r\n0\r\n\r\n", cancel);
        }
    }

    private static async Task<HttpAnswer> UploadAsync(TestProxy proxy, bool isChunked, CancellationToken cancel)
    {
        using var client = await proxy.ConnectAsync(cancel);
        var sending = SendAsync(client, isChunked, cancel);
        var answer = await client.ReadAnswerAsync(cancel);

        // The proxy may have hung up on the rest of the upload; that is the sender's to see.
        client.Dispose();
        await Record.ExceptionAsync(() => sending);
        return answer;
    }

    /// <summary>Reads the head and some of the body, answers, and closes with the rest unread, which the kernel makes a reset.</summary>
    private static async Task AnswerEarlyAsync(HttpWire plain, Socket socket, bool usesTls, string answer, bool resets, CancellationToken stop)
    {
        var wire = plain;
        if (usesTls)
        {
            using var certificate = LoadCertificate();
            var tls = new SslStream(plain.Stream);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, stop);
            wire = new HttpWire(tls, socket);
        }

        await wire.ReadHeadAsync(stop);
        await wire.Stream.ReadExactlyAsync(new byte[64 * 1024], stop);
        await wire.SendAsync(answer, stop);
        if (resets)
        {
            // So that there is something unread for sure.
            await WaitForBytesAsync(socket, stop);
            return;
        }

        socket.Shutdown(SocketShutdown.Send);
        await wire.ReadToEndAsync(stop);
    }

    private static async Task WaitForBytesAsync(Socket socket, CancellationToken stop)
    {
        await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, stop);
        Assert.True(socket.Available > 0);
    }

    private static X509Certificate2 LoadCertificate()
    {
        var pem = TestCertificates.Create("backend", Objects.Host);
        return X509Certificate2.CreateFromPem(pem.ChainPem, pem.PrivateKeyPem);
    }
}
