using System.Text;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Tests;

/// <summary>What happens when an endpoint cannot be connected to.</summary>
public sealed class RetryTests
{
    [Fact]
    public async Task Dead_endpoint_is_passed_over()
    {
        var cancel = Deadline.Token;
        using var dead = DeadEndpoint.Refusing();
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(dead.Address, backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        for (var i = 0; i < 4; i++)
        {
            var answer = await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);
            Assert.Equal(200, answer.Status);
            Assert.Equal("ok", answer.Text);
        }

        Assert.Contains(proxy.Log.Lines, line => line.EventId == 310 && line.Field("Tries") == "2");
    }

    [Fact]
    public async Task Endpoint_that_keeps_failing_is_ejected()
    {
        var cancel = Deadline.Token;
        using var dead = DeadEndpoint.Refusing();
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(dead.Address, backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200, (await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel)).Status);
        }

        Assert.Contains(proxy.Log.Lines, line => line.EventId == 313 && line.Field("Endpoint") == dead.Address.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_with_a_body_reaches_the_next_endpoint_whole(bool chunked)
    {
        var cancel = Deadline.Token;
        using var dead1 = DeadEndpoint.Refusing();
        using var dead2 = DeadEndpoint.Refusing();
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(dead1.Address, dead2.Address, backend.Address);
        var body = new string('b', 100_000);
        var framed = chunked
            ? $"Transfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n"
            : $"Content-Length: {body.Length}\r\n\r\n{body}";

        for (var i = 0; i < 3; i++)
        {
            using var client = await proxy.ConnectAsync(cancel);
            var answer = await client.AskAsync($"POST / HTTP/1.1\r\nHost: app.example.com\r\n{framed}", cancel);
            Assert.Equal(200, answer.Status);
            Assert.Equal(body, Encoding.ASCII.GetString((await backend.NextAsync(cancel)).Body));
        }
    }

    [Fact]
    public async Task Tries_are_bounded()
    {
        var cancel = Deadline.Token;
        var dead = Enumerable.Range(0, 6).Select(_ => DeadEndpoint.Refusing()).ToList();
        await using var proxy = await TestProxy.ServingAsync([.. dead.Select(endpoint => endpoint.Address)]);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal("502 Bad Gateway: connect_failed\n", answer.Text);
        var line = await proxy.EndOfRequestAsync(cancel);
        Assert.Equal($"{RetryPolicy.DefaultTries}", line.Field("Tries"));
        dead.ForEach(endpoint => endpoint.Dispose());
    }

    [Fact]
    public async Task Endpoint_that_never_answers_the_connection_is_passed_over()
    {
        var cancel = Deadline.Token;
        using var silent = await DeadEndpoint.SilentAsync(cancel);
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(
            options => options.ConnectTimeout = TimeSpan.FromMilliseconds(200), silent.Address, backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var first = await client.AskAsync("POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 3\r\n\r\nabc", cancel);
        var second = await client.AskAsync("POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 3\r\n\r\nabc", cancel);

        Assert.Equal([200, 200], [first.Status, second.Status]);
    }

    [Fact]
    public async Task Request_an_endpoint_may_have_seen_is_not_sent_twice()
    {
        var cancel = Deadline.Token;
        await using var resetting = RawBackend.Doing(async (backend, wire, _, stop) => await backend.ReadRequestAsync(wire, stop));
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(resetting.Address, backend.Address);
        var statuses = new List<int>();

        for (var i = 0; i < 4; i++)
        {
            using var client = await proxy.ConnectAsync(cancel);
            statuses.Add((await client.AskAsync("POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 3\r\n\r\nabc", cancel)).Status);
        }

        Assert.Equal([200, 200, 502, 502], statuses.Order());
    }

    [Fact]
    public async Task Client_bound_to_a_dead_endpoint_is_bound_to_the_next()
    {
        var cancel = Deadline.Token;
        using var dead = DeadEndpoint.Refusing();
        await using var first = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
        await using var second = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
        await using var proxy = await TestProxy.StartAsync(builder =>
        {
            var service = Objects.Service("web", dead.Address, first.Address, second.Address);
            builder.SetService(new() { Name = service.Name, Ports = service.Ports, AffinityTimeout = TimeSpan.FromHours(1) });
            builder.SetIngress(Objects.Ingress("web"));
        });
        using var client = await proxy.ConnectAsync(cancel);
        var seen = new HashSet<string>();

        for (var i = 0; i < 6; i++)
        {
            var answer = await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);
            Assert.Equal(200, answer.Status);
            seen.Add(answer.Text);
        }

        Assert.Single(seen);
    }
}
