using System.Net;
using System.Security.Cryptography;
using System.Text;
using EdgeProxy.Http.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeProxy.Http.Tests;

/// <summary>Bodies in both directions, whole and cut short.</summary>
public sealed class BodyTests
{
    private const int TenMegabytes = 10 * 1024 * 1024;

    [Theory]
    [InlineData(false, "1.1")]
    [InlineData(true, "1.1")]
    [InlineData(false, "2.0")]
    [InlineData(true, "2.0")]
    public async Task Ten_megabytes_come_back_as_they_were_sent(bool chunked, string version)
    {
        var cancel = Deadline.Token;
        await using var backend = await KestrelBackend.StartAsync(async context =>
        {
            // All of it first: the client does not read before it has sent everything.
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            context.Response.ContentLength = chunked ? null : body.Length;
            await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted);
        });
        await using var proxy = await TestProxy.ServingAsync(options => options.MaxRequestBodySize = 0, backend.Address);
        using var client = new HttpClient(proxy.Handler());
        var sent = RandomNumberGenerator.GetBytes(TenMegabytes);
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://app.example.com/echo")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(sent),
        };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await client.SendAsync(request, cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var received = await response.Content.ReadAsByteArrayAsync(cancel);
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "Content-Length: 0\r\n")]
    public async Task Request_without_body_gets_none(string method, string length)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.AskAsync($"{method} / HTTP/1.1\r\nHost: app.example.com\r\n{length}\r\n", cancel);

        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("", head["Transfer-Encoding"]);
        Assert.Equal(length.Length == 0 ? "" : "0", head["Content-Length"]);
    }

    [Fact]
    public async Task Head_keeps_the_length_and_the_connection()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var first = await client.AskAsync("HEAD / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);
        var second = await client.AskAsync("HEAD / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal("1234", first.Head["Content-Length"]);
        Assert.Equal("1234", second.Head["Content-Length"]);
        Assert.Equal(1, backend.Connections);
    }

    [Fact]
    public async Task Expectation_is_met_by_the_endpoint()
    {
        var cancel = Deadline.Token;
        await using var backend = await KestrelBackend.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync("got " + await reader.ReadToEndAsync(context.RequestAborted), context.RequestAborted);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var interim = await client.AskAsync(
            "POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", cancel);
        var answer = await client.AskAsync("hello", cancel);

        Assert.Equal(100, interim.Status);
        Assert.Equal(200, answer.Status);
        Assert.Equal("got hello", answer.Text);
    }

    [Fact]
    public async Task Expectation_that_is_refused_leaves_the_body_unsent()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (_, wire, _, stop) =>
        {
            await wire.ReadHeadAsync(stop);
            await wire.SendAsync("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno", stop);
            await wire.ReadToEndAsync(stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync(
            "POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n", cancel);

        Assert.Equal(417, answer.Status);
        Assert.Equal("no", answer.Text);
    }

    [Theory]
    [InlineData("no")]
    [InlineData("")]
    public async Task Answer_given_before_the_body_was_read_stands(string body)
    {
        var cancel = Deadline.Token;
        await using var backend = await KestrelBackend.StartAsync(
            async context =>
            {
                context.Response.StatusCode = 413;
                context.Response.ContentLength = body.Length;
                await context.Response.WriteAsync(body, context.RequestAborted);
            },
            HttpProtocols.Http2);
        await using var proxy = await TestProxy.StartAsync(builder =>
        {
            builder.SetService(Objects.Service("web", "kubernetes.io/h2c", backend.Address));
            builder.SetIngress(Objects.Ingress("web"));
        });
        using var client = await proxy.ConnectAsync(cancel);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 100000\r\n\r\nfirst part", cancel);
        var answer = await client.ReadAnswerAsync(cancel);

        Assert.Equal(413, answer.Status);
        Assert.Equal(body, answer.Text);
        Assert.Equal("forwarded", (await proxy.EndOfRequestAsync(cancel)).Field("Reason"));
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\npart")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")]
    public async Task Answer_cut_short_reaches_the_client_cut_short(string rest)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\n" + rest, stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);
        var head = await client.ReadHeadAsync(cancel);
        var complete = head is not null && (await client.ReadBodyAsync(head, cancel)).Complete;

        Assert.False(complete);
        var line = await proxy.EndOfRequestAsync(cancel);
        Assert.Equal("upstream_reset", line.Field("Reason"));
    }

    [Fact]
    public async Task Answer_cut_short_is_an_error_over_http2_too()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart", stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = new HttpClient(proxy.Handler())
        {
            DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetByteArrayAsync(new Uri("https://app.example.com/"), cancel));
    }

    [Fact]
    public async Task Answer_that_falls_silent_is_cut_short()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart", stop);
            await wire.ReadToEndAsync(stop);
        });
        await using var proxy = await TestProxy.ServingAsync(options => options.ActivityTimeout = TimeSpan.FromMilliseconds(300), backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);
        var head = await client.ReadHeadAsync(cancel);
        var (_, complete) = await client.ReadBodyAsync(head!, cancel);

        Assert.False(complete);
        Assert.Equal("upstream_timeout", (await proxy.EndOfRequestAsync(cancel)).Field("Reason"));
    }

    [Fact]
    public async Task Events_arrive_one_by_one()
    {
        var cancel = Deadline.Token;
        using var more = new SemaphoreSlim(0);
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", stop);
            foreach (var text in new[] { "data: 1\n\n", "data: 2\n\n" })
            {
                await more.WaitAsync(stop);
                await wire.SendAsync($"{text.Length:x}\r\n{text}\r\n", stop);
            }

            await wire.SendAsync("0\r\n\r\n", stop);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = new HttpClient(proxy.Handler());

        // The second event is sent only when the first was seen, and the first only when the headers were.
        using var response = await client.GetAsync(new Uri("http://app.example.com/events"), HttpCompletionOption.ResponseHeadersRead, cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel), Encoding.UTF8);
        more.Release();
        Assert.Equal("data: 1", await reader.ReadLineAsync(cancel));
        more.Release();
        Assert.Equal("", await reader.ReadLineAsync(cancel));
        Assert.Equal("data: 2", await reader.ReadLineAsync(cancel));
        Assert.Equal("", (await reader.ReadToEndAsync(cancel)).Trim());
    }

    [Theory]
    [InlineData(HttpProtocols.Http1, null)]
    [InlineData(HttpProtocols.Http2, "kubernetes.io/h2c")]
    public async Task Request_cancelled_over_http2_is_cancelled_at_the_endpoint(HttpProtocols protocols, string? appProtocol)
    {
        var cancel = Deadline.Token;
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = await KestrelBackend.StartAsync(
            async context =>
            {
                using var registration = context.RequestAborted.Register(() => told.TrySetResult());
                begun.TrySetResult();
                await told.Task.WaitAsync(cancel);
            },
            protocols);
        await using var proxy = await TestProxy.StartAsync(builder =>
        {
            builder.SetService(Objects.Service("web", appProtocol, backend.Address));
            builder.SetIngress(Objects.Ingress("web"));
        });
        using var client = new HttpClient(proxy.Handler())
        {
            DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var asking = client.GetStringAsync(new Uri("https://app.example.com/"), leave.Token);
        await begun.Task.WaitAsync(cancel);

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await told.Task.WaitAsync(cancel);
        Assert.Equal("client_gone", (await proxy.EndOfRequestAsync(cancel)).Field("Reason"));
    }

    [Fact]
    public async Task Endpoint_may_have_an_ipv6_address()
    {
        Assert.SkipUnless(System.Net.Sockets.Socket.OSSupportsIPv6, "This host has no IPv6.");
        var cancel = Deadline.Token;
        await using var backend = await KestrelBackend.StartAsync(
            context => context.Response.WriteAsync("six", context.RequestAborted), address: IPAddress.IPv6Loopback);
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        Assert.Equal("six", (await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel)).Text);
    }

    [Fact]
    public async Task Client_that_leaves_during_the_answer_ends_the_answer()
    {
        var cancel = Deadline.Token;
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart", stop);
            await wire.ReadToEndAsync(stop);
            told.SetResult();
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using (var client = await proxy.ConnectAsync(cancel))
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);
            Assert.Equal(200, (await client.ReadHeadAsync(cancel))!.Status);
        }

        await told.Task.WaitAsync(cancel);
        Assert.Equal("client_gone", (await proxy.EndOfRequestAsync(cancel)).Field("Reason"));
    }

    [Fact]
    public async Task Client_that_leaves_during_its_upload_ends_the_upload()
    {
        var cancel = Deadline.Token;
        var told = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = RawBackend.Doing(async (_, wire, _, stop) =>
        {
            var head = await wire.ReadHeadAsync(stop);
            begun.SetResult();
            var (_, complete) = await wire.ReadBodyAsync(head!, stop);
            told.SetResult(complete);
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using (var client = await proxy.ConnectAsync(cancel))
        {
            await client.SendAsync("POST / HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", cancel);
            await begun.Task.WaitAsync(cancel);
        }

        Assert.False(await told.Task.WaitAsync(cancel));
        Assert.Equal("client_gone", (await proxy.EndOfRequestAsync(cancel)).Field("Reason"));
    }
}
