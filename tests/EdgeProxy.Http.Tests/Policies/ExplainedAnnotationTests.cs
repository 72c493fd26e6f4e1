using EdgeProxy.Http.Explain;
using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>explain says what a request over the wire gets.</summary>
public sealed class ExplainedAnnotationTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("from-to-www-redirect", "true", "GET", "www.app.example.com:8080", "/x?y")]
    [InlineData("server-alias", "alias.example.com", "GET", "alias.example.com", "/x")]
    [InlineData("app-root", "/start", "GET", "app.example.com:81", "/")]
    [InlineData("enable-cors", "true", "OPTIONS", "app.example.com", "/")]
    [InlineData("custom-headers", "missing", "GET", "app.example.com", "/")]
    [InlineData("force-ssl-redirect", "true", "GET", "app.example.com", "/x")]
    [InlineData("configuration-snippet", "return 301 https://elsewhere.example/;", "GET", "app.example.com", "/")]
    [InlineData("default-backend", "errors", "GET", "app.example.com", "/empty")]
    public async Task An_answer_is_explained_as_it_is_given(string name, string value, string method, string host, string target)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.ServiceFor("empty") + IngressLab.ServiceFor("errors", backend.Address)
            + IngressLab.IngressWith([(name, value)]) + IngressLab.IngressWith([(name, value)], "empty", "empty", path: "/empty"),
            options => options with { TranslateSnippets = true });
        using var client = await lab.Proxy.ConnectAsync(Deadline.Token);

        var answer = await client.AskAsync($"{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n", Deadline.Token);
        var explained = RequestExplainer.Explain(lab.Proxy.Snapshots.Current, method, $"http://{host}{target}", []);

        Assert.Equal(explained.Status == 0 ? 200 : explained.Status, answer.Status);
        Assert.Equal(explained.Location ?? "", answer.Head["Location"]);
        Assert.Contains($" {explained.Outcome};", (await lab.Proxy.EndOfRequestAsync(Deadline.Token)).Text, StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("canary-by-header", "X-Try", "X-Try", "always", "next", "asks for it")]
    [InlineData("canary-by-header", "X-Try", "X-Try", "never", "web", "asks for the main route")]
    [InlineData("canary-by-cookie", "try", "Cookie", "a=b; try=always", "next", "asks for it")]
    [InlineData("canary-by-header", "X-Try", "X-Other", "always", "web", "nothing in the request")]
    [InlineData("canary-weight", "100", "X-Other", "always", "next", "all requests")]
    public async Task The_side_of_a_canary_is_explained_as_it_is_taken(string name, string value, string header, string sent, string service, string why)
    {
        await using var web = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nweb");
        await using var next = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext");
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", web.Address) + IngressLab.ServiceFor("next", next.Address)
            + IngressLab.IngressWith([]) + IngressLab.IngressWith([("canary", "true"), (name, value)], "next", "next"));

        var answer = await lab.GetAsync("/", Deadline.Token, headers: $"{header}: {sent}\r\n");
        var explained = RequestExplainer.Explain(lab.Proxy.Snapshots.Current, "GET", $"http://{Objects.Host}/", [new(header, sent)]);

        Assert.Equal(service, answer.Text);
        Assert.Equal($"default/{service}:http/TCP", explained.Service);
        Assert.Contains(why, Assert.Single(explained.Candidates, rule => rule.Ingress == "default/next").Why, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_share_of_the_requests_is_said_to_be_chance()
    {
        await using var web = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", web.Address) + IngressLab.ServiceFor("next", web.Address) + IngressLab.ServiceFor("empty")
            + IngressLab.IngressWith([]) + IngressLab.IngressWith([("canary", "true"), ("canary-weight", "10")], "next", "next")
            + IngressLab.IngressWith([], name: "other", path: "/other") + IngressLab.IngressWith([("canary", "true"), ("canary-weight", "100")], "empty", "empty", path: "/other"));

        string WhyOf(string ingress, string path) => RequestExplainer.Explain(lab.Proxy.Snapshots.Current, "GET", $"http://{Objects.Host}{path}", [])
            .Candidates.Single(rule => rule.Ingress == ingress).Why;

        Assert.Contains("10 of 100", WhyOf("default/next", "/"), StringComparison.Ordinal);
        Assert.Contains("without endpoints", WhyOf("default/empty", "/other"), StringComparison.Ordinal);
    }
}
