using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests;

/// <summary>Plain requests for hosts with TLS.</summary>
public sealed class RedirectTests
{
    [Theory]
    [InlineData(443, "app.example.com", "/a%2Fb/?x=1&y", "https://app.example.com/a%2Fb/?x=1&y")]
    [InlineData(443, "App.Example.com:8080", "/", "https://App.Example.com/")]
    [InlineData(8443, "app.example.com:8080", "//x/../y", "https://app.example.com:8443//x/../y")]
    [InlineData(443, "app.example.com", "http://app.example.com/abs?q", "https://app.example.com/abs?q")]
    public async Task Plain_request_is_sent_to_https(int redirectPort, string host, string target, string location)
    {
        var cancel = Deadline.Token;
        await using var proxy = await StartAsync(redirectPort, RawBackend.Answering());
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync($"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n", cancel);

        Assert.Equal(308, answer.Status);
        Assert.Equal(location, answer.Head["Location"]);
        Assert.Empty(answer.Body);
    }

    [Theory]
    [InlineData("/.well-known/acme-challenge/token", 200)]
    [InlineData("/./.well-known//acme-challenge/token", 200)]
    [InlineData("/.well-known/acme-challenge/../../private", 308)]
    [InlineData("/.well-known/acme-challengex", 308)]
    public async Task Certificate_challenges_are_exempt(string target, int status)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await StartAsync(443, backend);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync($"GET {target} HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task Request_over_https_is_served()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await StartAsync(443, backend);
        using var client = await proxy.ConnectTlsAsync(cancel);

        var answer = await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal(200, answer.Status);
    }

    private static Task<TestProxy> StartAsync(int redirectPort, RawBackend backend) => TestProxy.StartAsync(
        builder =>
        {
            builder.SetService(Objects.Service("web", backend.Address));
            builder.SetIngress(Objects.Ingress("web", sslRedirect: true, secret: "missing"));
        },
        options => options.RedirectPort = redirectPort);
}
