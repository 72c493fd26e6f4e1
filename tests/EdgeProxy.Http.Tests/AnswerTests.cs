using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model.Routing;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Tests;

/// <summary>What the proxy answers by itself, and what it logs.</summary>
public sealed class AnswerTests
{
    private const string Get = "GET /x?token=secret HTTP/1.1\r\nHost: app.example.com\r\n\r\n";

    [Fact]
    public async Task Unknown_host_is_404()
    {
        await using var proxy = await TestProxy.ServingAsync();

        await AssertAnswerAsync(proxy, "GET / HTTP/1.1\r\nHost: other.example.com\r\n\r\n", "404 Not Found: no_route");
    }

    [Fact]
    public async Task Route_without_backend_is_503()
    {
        await using var proxy = await TestProxy.StartAsync(builder => builder.SetIngress(new IngressConfig
        {
            Name = Objects.Name("closed"),
            Rules = [new IngressRuleConfig(Objects.Host, [new IngressPathConfig("/", PathType.Prefix, Backend: null)])],
        }));

        await AssertAnswerAsync(proxy, Get, "503 Service Unavailable: backend_missing");
    }

    [Fact]
    public async Task Missing_service_is_503()
    {
        await using var proxy = await TestProxy.StartAsync(builder => builder.SetIngress(Objects.Ingress("web")));

        await AssertAnswerAsync(proxy, Get, "503 Service Unavailable: backend_missing");
    }

    [Fact]
    public async Task Missing_port_is_503()
    {
        await using var proxy = await TestProxy.StartAsync(builder =>
        {
            builder.SetService(Objects.Service("web"));
            builder.SetIngress(new IngressConfig
            {
                Name = Objects.Name("web"),
                DefaultBackend = new BackendReference(Objects.Name("web"), "metrics", 0),
            });
        });

        await AssertAnswerAsync(proxy, Get, "503 Service Unavailable: backend_missing");
    }

    [Fact]
    public async Task Service_without_endpoints_is_503()
    {
        await using var proxy = await TestProxy.ServingAsync();

        await AssertAnswerAsync(proxy, Get, "503 Service Unavailable: no_endpoint");
    }

    [Fact]
    public async Task Refused_connection_is_502()
    {
        using var dead = DeadEndpoint.Refusing();
        await using var proxy = await TestProxy.ServingAsync(dead.Address);

        await AssertAnswerAsync(proxy, Get, "502 Bad Gateway: connect_failed");
    }

    [Fact]
    public async Task Connection_that_is_never_answered_is_504()
    {
        using var dead = await DeadEndpoint.SilentAsync(Deadline.Token);
        await using var proxy = await TestProxy.ServingAsync(options => options.ConnectTimeout = TimeSpan.FromMilliseconds(200), dead.Address);

        await AssertAnswerAsync(proxy, Get, "504 Gateway Timeout: connect_timeout");
    }

    [Fact]
    public async Task Connection_closed_before_an_answer_is_502()
    {
        await using var backend = RawBackend.Doing(async (backend, wire, _, cancel) => await backend.ReadRequestAsync(wire, cancel));
        await using var proxy = await TestProxy.ServingAsync(backend.Address);

        await AssertAnswerAsync(proxy, Get, "502 Bad Gateway: upstream_reset");
    }

    [Fact]
    public async Task Connection_reset_before_an_answer_is_502()
    {
        await using var backend = RawBackend.Doing(async (backend, wire, socket, cancel) =>
        {
            await backend.ReadRequestAsync(wire, cancel);
            socket.LingerState = new(enable: true, 0);
            socket.Close();
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);

        await AssertAnswerAsync(proxy, Get, "502 Bad Gateway: upstream_reset");
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    [InlineData("HTTP/1.1 abc\r\n\r\n")]
    public async Task Answer_that_is_not_http_is_502(string answer)
    {
        await using var backend = RawBackend.Answering(answer);
        await using var proxy = await TestProxy.ServingAsync(backend.Address);

        await AssertAnswerAsync(proxy, Get, "502 Bad Gateway: upstream_invalid");
    }

    [Fact]
    public async Task Headers_that_are_too_big_are_502()
    {
        await using var backend = RawBackend.Answering($"HTTP/1.1 200 OK\r\nX-Big: {new string('x', 70_000)}\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await TestProxy.ServingAsync(backend.Address);

        await AssertAnswerAsync(proxy, Get, "502 Bad Gateway: upstream_invalid");
    }

    [Fact]
    public async Task Silent_endpoint_is_504()
    {
        await using var backend = RawBackend.Doing(async (backend, wire, _, cancel) =>
        {
            await backend.ReadRequestAsync(wire, cancel);
            await wire.ReadToEndAsync(cancel);
        });
        await using var proxy = await TestProxy.ServingAsync(options => options.ActivityTimeout = TimeSpan.FromMilliseconds(300), backend.Address);

        await AssertAnswerAsync(proxy, Get, "504 Gateway Timeout: upstream_timeout");
    }

    [Fact]
    public async Task Client_that_stops_sending_its_body_is_408()
    {
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(options => options.ActivityTimeout = TimeSpan.FromMilliseconds(300), backend.Address);

        await AssertAnswerAsync(
            proxy, "POST /x HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 10\r\n\r\nabc", "408 Request Timeout: request_timeout");
    }

    [Fact]
    public async Task Body_that_is_not_chunked_as_announced_is_400()
    {
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);

        await AssertAnswerAsync(
            proxy, "POST /x HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400 Bad Request: bad_request");
    }

    [Fact]
    public async Task Head_gets_an_error_without_body()
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.ServingAsync();
        using var client = await proxy.ConnectAsync(cancel);

        var first = await client.AskAsync("HEAD /x HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);
        var second = await client.AskAsync(Get, cancel);

        Assert.Equal(503, first.Status);
        Assert.Equal(second.Head["Content-Length"], first.Head["Content-Length"]);
        Assert.Equal(503, second.Status);
    }

    [Fact]
    public async Task Client_that_leaves_is_logged_as_499_and_the_endpoint_is_told()
    {
        var cancel = Deadline.Token;
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.ReadToEndAsync(stop);
            told.TrySetResult();
        });
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using (var client = await proxy.ConnectAsync(cancel))
        {
            await client.SendAsync(Get, cancel);
            await backend.NextAsync(cancel);
        }

        await told.Task.WaitAsync(cancel);
        var line = await proxy.EndOfRequestAsync(cancel);
        Assert.Equal("499", line.Field("Status"));
        Assert.Equal("client_gone", line.Field("Reason"));
        Assert.Equal(LogLevel.Debug, line.Level);
    }

    [Fact]
    public async Task Success_is_logged_at_debug_with_all_that_was_decided()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.AskAsync(Get, cancel);

        var line = await proxy.EndOfRequestAsync(cancel);
        Assert.Equal(310, line.EventId);
        Assert.Equal(LogLevel.Debug, line.Level);
        Assert.Equal("GET", line.Field("Method"));
        Assert.Equal("app.example.com", line.Field("Host"));
        Assert.Equal("/x", line.Field("Path"));
        Assert.Equal("200", line.Field("Status"));
        Assert.Equal("forwarded", line.Field("Reason"));
        Assert.Equal(backend.Address.ToString(), line.Field("Endpoint"));
        Assert.Equal("1", line.Field("Tries"));
        Assert.Contains("default/web", line.Field("Route"), StringComparison.Ordinal);
        Assert.DoesNotContain(proxy.Log.Lines, entry => entry.EventId is >= 300 and < 350 && entry.Text.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_reason_has_a_word_of_its_own()
    {
        var words = Enum.GetValues<ResponseReason>().Select(reason => reason.Word()).ToList();

        Assert.Equal(words.Count, words.Distinct(StringComparer.Ordinal).Count());
        Assert.All(Enum.GetValues<ResponseReason>().Where(reason => reason.IsError()), reason => Assert.NotNull(reason.Body()));
    }

    private static async Task AssertAnswerAsync(TestProxy proxy, string request, string expected)
    {
        var cancel = Deadline.Token;
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync(request, cancel);

        // The whole body, so no exception's text either.
        Assert.Equal(expected + "\n", answer.Text);
        Assert.Equal(expected[..3], answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("text/plain; charset=utf-8", answer.Head["Content-Type"]);
        Assert.Equal("no-store", answer.Head["Cache-Control"]);
        Assert.Equal("", answer.Head["Server"]);

        var line = await proxy.EndOfRequestAsync(cancel);
        Assert.Equal(LogLevel.Information, line.Level);
        Assert.Equal(expected[..3], line.Field("Status"));
        Assert.Equal(expected.Split(": ")[1], line.Field("Reason"));
        Assert.All(proxy.Snapshots.Current.Services.Values.SelectMany(service => service.Ports).SelectMany(port => port.Backends),
            backend => Assert.Equal(0, backend.Active));
    }
}
