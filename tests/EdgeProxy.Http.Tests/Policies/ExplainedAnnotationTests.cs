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
}
