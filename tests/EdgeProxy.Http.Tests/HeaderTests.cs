using System.Net;
using System.Net.Sockets;
using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests;

/// <summary>Header lines towards the endpoint and back.</summary>
public sealed class HeaderTests
{
    [Fact]
    public async Task Endpoint_learns_who_asked_and_how()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.AskAsync("GET / HTTP/1.1\r\nHost: App.Example.com:8080\r\n\r\n", cancel);

        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("App.Example.com:8080", head["Host"]);
        Assert.Equal("127.0.0.1", head["X-Forwarded-For"]);
        Assert.Equal("127.0.0.1", head["X-Real-IP"]);
        Assert.Equal("http", head["X-Forwarded-Proto"]);
        Assert.Equal("http", head["X-Forwarded-Scheme"]);
        Assert.Equal("http", head["X-Scheme"]);
        Assert.Equal("App.Example.com:8080", head["X-Forwarded-Host"]);
        Assert.Equal($"{proxy.HttpPort}", head["X-Forwarded-Port"]);
        Assert.Matches("^[0-9a-f]{32}$", head["X-Request-ID"]);
        Assert.Equal("", head["X-Original-Forwarded-For"]);
        Assert.Equal("", head["Transfer-Encoding"]);
        Assert.Equal("", head["traceparent"]);
    }

    [Theory]
    [InlineData(443, "443")]
    [InlineData(8443, null)]
    public async Task Https_port_is_443_unless_clients_see_another(int redirectPort, string? expected)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(options => options.RedirectPort = redirectPort, backend.Address);
        using var client = await proxy.ConnectTlsAsync(cancel);

        await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("https", head["X-Forwarded-Proto"]);
        Assert.Equal("https", head["X-Scheme"]);
        Assert.Equal(expected ?? $"{proxy.HttpsPort}", head["X-Forwarded-Port"]);
    }

    [Fact]
    public async Task Claims_of_the_client_are_replaced()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.AskAsync(
            "GET / HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-For: 6.6.6.6\r\nX-FORWARDED-PROTO: https\r\nX-Forwarded-Host: claimed.example\r\n"
            + "X-Forwarded-Port: 1\r\nX-Forwarded-Scheme: https\r\nX-Scheme: https\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n"
            + "X-Forwarded-Prefix: /evil\r\nX-Forwarded-Server: evil\r\nX-Original-Forwarded-For: 7.7.7.7\r\nProxy: http://evil\r\n"
            + "X_Forwarded_For: 6.6.6.6\r\nx_real_ip: 6.6.6.6\r\nKept: yes\r\n\r\n", cancel);

        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("127.0.0.1", head["X-Forwarded-For"]);
        Assert.Equal("127.0.0.1", head["X-Real-IP"]);
        Assert.Equal("http", head["X-Forwarded-Proto"]);
        Assert.Equal("http", head["X-Scheme"]);
        Assert.Equal("app.example.com", head["X-Forwarded-Host"]);
        Assert.Equal("6.6.6.6", head["X-Original-Forwarded-For"]);
        Assert.Equal("claimed.example", head["X-Original-Forwarded-Host"]);
        Assert.Equal("yes", head["Kept"]);
        Assert.DoesNotContain(head.Lines, line => line.Contains("evil", StringComparison.Ordinal) || line.Contains("7.7.7.7", StringComparison.Ordinal));
        Assert.DoesNotContain(head.Lines, line => line.Split(':')[0].Contains('_', StringComparison.Ordinal));
        Assert.Empty(head.All("Forwarded"));
        Assert.Empty(head.All("Proxy"));
    }

    [Theory]
    [InlineData("abc-123", true)]
    [InlineData("has space", false)]
    [InlineData("", false)]
    public async Task Request_id_of_the_client_passes_when_it_is_sane(string id, bool passes)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.AskAsync($"GET / HTTP/1.1\r\nHost: app.example.com\r\nX-Request-ID: {id}\r\n\r\n", cancel);
        var first = (await backend.NextAsync(cancel)).Head["X-Request-ID"];
        await client.AskAsync($"GET / HTTP/1.1\r\nHost: app.example.com\r\nX-Request-ID: {new string('a', 129)}\r\n\r\n", cancel);
        var tooLong = (await backend.NextAsync(cancel)).Head["X-Request-ID"];

        Assert.Equal(passes, first == id);
        Assert.Matches(passes ? "." : "^[0-9a-f]{32}$", first);
        Assert.Matches("^[0-9a-f]{32}$", tooLong);
    }

    [Fact]
    public async Task Hop_by_hop_headers_stay_on_their_hop()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive, X-Secret\r\nKeep-Alive: timeout=5\r\nX-Secret: 1\r\nX-Kept: 1\r\n\r\nok");
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync(
            "GET / HTTP/1.1\r\nHost: app.example.com\r\nConnection: X-Mine, x-other\r\nX-Mine: 1\r\nX-Other: 1\r\nKeep-Alive: 300\r\nTE: trailers, gzip\r\n"
            + "Proxy-Authorization: x\r\nProxy-Connection: keep-alive\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nX-Yours: 1\r\n\r\n", cancel);

        var head = (await backend.NextAsync(cancel)).Head;
        foreach (var gone in new[] { "Connection", "X-Mine", "X-Other", "Keep-Alive", "TE", "Proxy-Authorization", "Proxy-Connection", "Upgrade", "HTTP2-Settings" })
        {
            Assert.True(!head.All(gone).Any(), gone + " in " + string.Join(" | ", head.Lines));
        }

        Assert.Equal("1", head["X-Yours"]);
        Assert.Equal("", answer.Head["X-Secret"]);
        Assert.Equal("", answer.Head["Keep-Alive"]);
        Assert.Equal("1", answer.Head["X-Kept"]);
    }

    [Fact]
    public async Task Values_pass_byte_for_byte_both_ways()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering(
            "HTTP/1.1 299 Fine by me\r\nContent-Length: 0\r\nServer: theirs/1.0\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-Name: caf\u00c3\u00a9 \u00ff\r\n"
            + "Set-Cookie: a=1\r\nSet-Cookie: b=2, c\r\n\r\n");
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync(
            "GET / HTTP/1.1\r\nHost: app.example.com\r\nX-Name: caf\u00c3\u00a9 \u00ff\r\nCookie: a=1; b=2\r\nContent-Type: text/x\r\nUser-Agent: x (y; z) /\r\n\r\n",
            cancel);

        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("caf\u00c3\u00a9 \u00ff", head["X-Name"]);
        Assert.Equal("a=1; b=2", head["Cookie"]);
        Assert.Equal("text/x", head["Content-Type"]);
        Assert.Equal("x (y; z) /", head["User-Agent"]);
        Assert.Equal("HTTP/1.1 299 Fine by me", answer.Head.First);
        Assert.Equal("theirs/1.0", answer.Head["Server"]);
        Assert.Equal("Thu, 01 Jan 1970 00:00:00 GMT", answer.Head["Date"]);
        Assert.Equal("caf\u00c3\u00a9 \u00ff", answer.Head["X-Name"]);
        Assert.Equal(["a=1", "b=2, c"], answer.Head.All("Set-Cookie"));
    }

    [Fact]
    public async Task Client_of_a_dual_stack_listener_is_written_as_ipv4()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This host has no IPv6.");
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(options => options.ListenAddresses = [IPAddress.IPv6Any], backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal("127.0.0.1", (await backend.NextAsync(cancel)).Head["X-Forwarded-For"]);
    }

    [Fact]
    public async Task Length_that_contradicts_chunking_is_not_passed_on()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        await client.SendAsync(
            "POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", cancel);
        var answer = await client.ReadAnswerAsync(cancel);

        // Either refused outright or sent on with one framing only.
        if (answer.Status == 200)
        {
            var request = await backend.NextAsync(cancel);
            Assert.Equal("", request.Head["Content-Length"]);
            Assert.Equal("hello"u8.ToArray(), request.Body);
        }
        else
        {
            Assert.Equal(400, answer.Status);
        }
    }

    [Fact]
    public async Task Http10_client_without_host_reaches_the_catch_all()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.StartAsync(builder =>
        {
            builder.SetService(Objects.Service("web", backend.Address));
            builder.SetIngress(Objects.Ingress("web", host: ""));
        });
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync("GET /old HTTP/1.0\r\n\r\n", cancel);

        Assert.Equal(200, answer.Status);
        var head = (await backend.NextAsync(cancel)).Head;
        Assert.Equal("/old", head.Target);
        Assert.Equal("", head["X-Forwarded-Host"]);
        Assert.Equal("", await client.ReadToEndAsync(cancel));
    }
}
