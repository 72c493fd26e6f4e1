using System.Text;
using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Mirror.</summary>
public sealed class MirrorAnnotationTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_copy_of_the_request_goes_to_the_target()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var target = RawBackend.Answering("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
        await using var lab = await IngressLab.StartAsync(Manifests(backend, ("mirror-target", $"http://{target.Address}$request_uri")));
        using var client = await lab.Proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync("POST /a%2Fb?c=d HTTP/1.1\r\nHost: app.example.com\r\nX-Mine: 1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello", cancel);
        var copy = await target.NextAsync(cancel);

        Assert.Equal(200, answer.Status);
        Assert.Equal("POST /a%2Fb?c=d HTTP/1.1", copy.Head.First);
        Assert.Equal("hello", Encoding.ASCII.GetString(copy.Body));
        Assert.Equal("1", copy.Head["X-Mine"]);
        Assert.Equal("text/plain", copy.Head["Content-Type"]);
        Assert.Equal($"{target.Address}", copy.Head["Host"]);
        Assert.Equal("hello", Encoding.ASCII.GetString((await backend.NextAsync(cancel)).Body));
    }

    [Fact(Timeout = 30_000)]
    public async Task Body_and_host_are_as_asked_for()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var target = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(Manifests(
            backend, ("mirror-target", $"http://{target.Address}/fixed"), ("mirror-request-body", "off"), ("mirror-host", "copy.example.com")));
        using var client = await lab.Proxy.ConnectAsync(cancel);

        await client.AskAsync("POST /path HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 5\r\n\r\nhello", cancel);
        var copy = await target.NextAsync(cancel);

        Assert.Equal("/fixed", copy.Head.Target);
        Assert.Equal("copy.example.com", copy.Head["Host"]);
        Assert.Empty(copy.Body);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_target_that_never_answers_delays_nobody()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var target = RawBackend.Doing(async (_, wire, _, stop) => await wire.ReadToEndAsync(stop));
        await using var lab = await IngressLab.StartAsync(Manifests(backend, ("mirror-target", $"http://{target.Address}$request_uri")));
        using var client = await lab.Proxy.ConnectAsync(cancel);

        // More than there may be copies under way.
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(200, (await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel)).Status);
        }

        Assert.InRange(target.Connections, 0, 64);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_body_too_large_to_keep_is_forwarded_and_not_copied()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var target = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            Manifests(backend, ("mirror-target", $"http://{target.Address}$request_uri"), ("proxy-body-size", "0")));
        using var client = await lab.Proxy.ConnectAsync(cancel);
        var body = new string('b', (1024 * 1024) + 1);

        Assert.Equal(200, (await client.AskAsync($"POST /large HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: {body.Length}\r\n\r\n{body}", cancel)).Status);
        Assert.Equal(200, (await client.AskAsync("GET /next HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel)).Status);

        Assert.Equal(body.Length, (await backend.NextAsync(cancel)).Body.Length);
        Assert.Equal("/next", (await target.NextAsync(cancel)).Head.Target);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("mirror-target", "ftp://target.example.com/")]
    [InlineData("mirror-target", "http://target.example.com/$uri")]
    [InlineData("mirror-target", "$request_uri")]
    public async Task A_target_that_is_none_is_reported_and_the_route_serves(string annotation, string value)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(Manifests(backend, (annotation, value)));

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Single(lab.ProblemsOf(annotation));
    }

    private static string Manifests(RawBackend backend, params (string, string)[] annotations) =>
        IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith(annotations);
}
