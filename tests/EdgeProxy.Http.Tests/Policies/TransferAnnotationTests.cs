using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Timeouts, sizes, buffering.</summary>
public sealed class TransferAnnotationTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("8k", false, 8192, 200)]
    [InlineData("8k", false, 8193, 413)]
    [InlineData("8k", true, 8000, 200)]
    [InlineData("8k", true, 8193, 413)]
    [InlineData("0", false, 3_000_000, 200)]
    [InlineData("0", true, 3_000_000, 200)]
    [InlineData("2M", false, 2_000_000, 200)]
    [InlineData("many", false, 1_048_576, 200)]
    [InlineData("many", false, 1_048_577, 413)]
    [InlineData(null, true, 1_048_577, 413)]
    public async Task A_body_is_as_large_as_proxy_body_size_says(string? limit, bool chunked, int size, int status)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(Manifests(limit is null ? [] : [("proxy-body-size", limit)], backend));

        var answer = await PostAsync(lab, size, chunked);

        Assert.Equal(status, answer.Status);
        if (status == 413)
        {
            Assert.Equal("413 Content Too Large: body_too_large\n", answer.Text);
        }
        else
        {
            Assert.Equal(size, (await backend.NextAsync(Deadline.Token)).Body.Length);
        }

        Assert.Equal(limit == "many" ? 1 : 0, lab.ProblemsOf("proxy-body-size").Count());
    }

    [Fact(Timeout = 30_000)]
    public async Task The_config_map_says_what_an_ingress_does_not()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            Manifests([], backend), configuration: ("proxy-body-size", "10"));

        Assert.Equal(413, (await PostAsync(lab, 11, chunked: false)).Status);
        Assert.Equal(200, (await PostAsync(lab, 10, chunked: false)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_silent_endpoint_ends_the_request_after_the_read_timeout()
    {
        await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
        {
            await backend.ReadRequestAsync(wire, stop);
            await wire.ReadToEndAsync(stop);
        });
        await using var lab = await IngressLab.StartAsync(Manifests([("proxy-read-timeout", "1")], backend));

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal("504 Gateway Timeout: upstream_timeout\n", answer.Text);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_silent_web_socket_ends_after_the_read_timeout()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Doing(async (_, wire, _, stop) =>
        {
            await wire.ReadHeadAsync(stop);
            await wire.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", stop);
            await wire.ReadToEndAsync(stop);
        });
        await using var lab = await IngressLab.StartAsync(Manifests([("proxy-read-timeout", "1")], backend));
        using var client = await lab.Proxy.ConnectAsync(cancel);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", cancel);

        Assert.Equal(101, (await client.ReadHeadAsync(cancel))!.Status);
        Assert.Equal("", await client.ReadToEndAsync(cancel));
    }

    [Fact(Timeout = 30_000)]
    public async Task An_endpoint_that_does_not_accept_is_given_up_after_the_connect_timeout()
    {
        var cancel = Deadline.Token;
        using var silent = await DeadEndpoint.SilentAsync(cancel);
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", silent.Address) + IngressLab.IngressWith([("proxy-connect-timeout", "1")]),
            http: options => options.ConnectTimeout = TimeSpan.FromMinutes(5));

        Assert.Equal("504 Gateway Timeout: connect_timeout\n", (await lab.GetAsync("/", cancel)).Text);
    }

    [Fact(Timeout = 30_000)]
    public async Task Timeouts_of_a_year_serve()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(Manifests(
            [("proxy-connect-timeout", "31536000"), ("proxy-read-timeout", "31536000"), ("proxy-send-timeout", "31536000")], backend));

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Equal(200, (await PostAsync(lab, 10, chunked: true)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("proxy-read-timeout", "0")]
    [InlineData("proxy-connect-timeout", "soon")]
    [InlineData("proxy-request-buffering", "true")]
    public async Task A_value_that_is_none_is_reported_and_the_route_serves(string annotation, string value)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(Manifests([(annotation, value)], backend));

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Single(lab.ProblemsOf(annotation));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_buffered_body_is_read_before_an_endpoint_is_contacted()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(Manifests([("proxy-request-buffering", "on"), ("proxy-body-size", "0")], backend));
        using var client = await lab.Proxy.ConnectAsync(cancel);
        var half = new string('x', 150_000);

        // The answer to the second client shows that the proxy has had every chance to contact the endpoint for the first.
        await client.SendAsync($"PUT / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 300000\r\n\r\n{half}", cancel);
        Assert.Equal(200, (await lab.GetAsync("/second", cancel)).Status);
        Assert.Equal(1, backend.Connections);
        var answer = await client.AskAsync(half, cancel);

        Assert.Equal(200, answer.Status);
        Assert.Equal("/second", (await backend.NextAsync(cancel)).Head.Target);
        Assert.Equal(half + half, System.Text.Encoding.ASCII.GetString((await backend.NextAsync(cancel)).Body));
    }

    private static string Manifests((string, string)[] annotations, RawBackend backend) =>
        IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith(annotations);

    private static async Task<HttpAnswer> PostAsync(IngressLab lab, int size, bool chunked)
    {
        using var client = await lab.Proxy.ConnectAsync(Deadline.Token);
        var body = new string('b', size);
        var sending = client.SendAsync(
            "POST / HTTP/1.1\r\nHost: app.example.com\r\n"
            + (chunked ? $"Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n" : $"Content-Length: {size}\r\n\r\n{body}"),
            Deadline.Token);
        var answer = await client.ReadAnswerAsync(Deadline.Token);

        // The proxy may hang up on the rest of a body it has refused.
        await Record.ExceptionAsync(() => sending);
        return answer;
    }
}
