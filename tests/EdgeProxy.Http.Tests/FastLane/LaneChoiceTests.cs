using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.FastLane;

/// <summary>Which requests stay in the fast lane, and how a connection leaves it.</summary>
public sealed class LaneChoiceTests
{
    private const string Plain = "GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n";

    /// <summary>Requests that need more than being forwarded, and how they end.</summary>
    public static TheoryData<string, int> Others => new()
    {
        { "GET / HTTP/1.1\r\nHost: unknown.example.com\r\n\r\n", 404 },
        { "GET http://app.example.com/ HTTP/1.1\r\nHost: app.example.com\r\n\r\n", 200 },
        { "GET /%00 HTTP/1.1\r\nHost: app.example.com\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: app.example.com\r\nHost: app.example.com\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\nHost: app.example.com\n\n", 400 },
        { "GET /#x HTTP/1.1\r\nHost: app.example.com\r\n\r\n", 400 },
        { "REPORT / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", 200 },
        { "GET / HTTP/1.1\r\nHost: app.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 200 },
        { "GET / HTTP/1.1\r\nHost: app.example.com\r\nConnection: X-Other\r\n\r\n", 200 },
        { "POST / HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200 },
        { "POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 005\r\n\r\nhello", 200 },
        { "GET / HTTP/1.1\r\nHost: app.example.com\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n", 200 },
        { $"GET / HTTP/1.1\r\nHost: app.example.com\r\nX-Long: {new string('x', 9000)}\r\n\r\n", 200 },
        { $"POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 100000\r\n\r\n{new string('x', 100_000)}", 200 },
        { $"POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 2000000\r\n\r\n", 413 },
    };

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Others))]
    public async Task Request_that_needs_more_is_served_by_kestrel_in_its_turn(string other, int status)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        // Both at once: the second must wait for the first, and lose nothing.
        await client.SendAsync(Plain + other, cancel);
        var first = await client.ReadAnswerAsync(cancel);
        var second = await client.ReadAnswerAsync(cancel);

        Assert.Equal([200, status], [first.Status, second.Status]);
        Assert.Equal(1, proxy.Frontend.FastLaneRequests);
        Assert.Equal(1, proxy.Frontend.FastLaneHandOvers);
    }

    [Fact(Timeout = 30_000)]
    public async Task Ordinary_requests_of_a_connection_all_stay()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        Assert.Equal("ok", (await client.AskAsync(Plain, cancel)).Text);
        Assert.Equal("ok", (await client.AskAsync("POST /x HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 5\r\n\r\nhello", cancel)).Text);
        Assert.Equal("ok", (await client.AskAsync("DELETE /x?y HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n", cancel)).Text);

        Assert.Equal("", await client.ReadToEndAsync(cancel));
        Assert.Equal(3, proxy.Frontend.FastLaneRequests);
        Assert.Equal(0, proxy.Frontend.FastLaneHandOvers);
        Assert.Equal(1, backend.Connections);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("app-root", "/x")]
    [InlineData("enable-cors", "true")]
    [InlineData("limit-rps", "100")]
    [InlineData("affinity", "cookie")]
    [InlineData("upstream-hash-by", "$request_uri")]
    [InlineData("mirror-target", "http://192.0.2.1/")]
    [InlineData("service-upstream", "true")]
    [InlineData("proxy-request-buffering", "on")]
    public async Task Route_that_asks_for_more_is_kestrels(string annotation, string value)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([(annotation, value)]));

        Assert.Equal(200, (await lab.GetAsync("/y", cancel)).Status);

        Assert.Equal(0, lab.Proxy.Frontend.FastLaneRequests);
        Assert.Equal(1, lab.Proxy.Frontend.FastLaneHandOvers);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("proxy-read-timeout", "30")]
    [InlineData("proxy-connect-timeout", "3")]
    [InlineData("proxy-body-size", "2m")]
    [InlineData("proxy-next-upstream", "error timeout non_idempotent")]
    [InlineData("proxy-next-upstream", "http_503")]
    [InlineData("backend-protocol", "HTTP")]
    public async Task Route_with_limits_of_its_own_stays(string annotation, string value)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([(annotation, value)]));

        Assert.Equal(200, (await lab.GetAsync("/y", cancel)).Status);

        Assert.Equal(1, lab.Proxy.Frontend.FastLaneRequests);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("use-gzip", "true")]
    [InlineData("hide-headers", "X-A")]
    [InlineData("block-user-agents", "curl")]
    [InlineData("enable-underscores-in-headers", "true")]
    public async Task Settings_that_ask_for_more_leave_the_lane_empty(string key, string value)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([]), configuration: (key, value));

        Assert.Equal(200, (await lab.GetAsync("/y", cancel)).Status);

        Assert.Equal(0, lab.Proxy.Frontend.FastLaneRequests);
    }

    [Fact(Timeout = 30_000)]
    public async Task Connection_moves_when_its_route_changes_under_it()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([]));
        using var client = await lab.Proxy.ConnectAsync(cancel);
        Assert.Equal(200, (await client.AskAsync(Plain, cancel)).Status);

        lab.Write(IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("permanent-redirect", "https://elsewhere.example.com")]));

        Assert.Equal(301, (await client.AskAsync(Plain, cancel)).Status);
        Assert.Equal(1, lab.Proxy.Frontend.FastLaneRequests);
        Assert.Equal(1, lab.Proxy.Frontend.FastLaneHandOvers);
    }

    [Fact(Timeout = 30_000)]
    public async Task Switched_off_it_serves_nothing()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(options => options.FastLane = false, backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        Assert.Equal(200, (await client.AskAsync(Plain, cancel)).Status);
        Assert.Equal(0, proxy.Frontend.FastLaneRequests + proxy.Frontend.FastLaneHandOvers);
    }
}
