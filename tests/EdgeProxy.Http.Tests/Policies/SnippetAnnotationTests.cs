using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Snippets, from the manifest to the wire.</summary>
public sealed class SnippetAnnotationTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("configuration-snippet", "more_set_headers \"X-Frame-Options: DENY\";")]
    [InlineData("server-snippet", "if ($http_user_agent ~ bot) { return 302 /bots; }")]
    [InlineData("stream-snippet", "server { listen 8000; }")]
    [InlineData("configuration-snippet", "# deny all;\nset $x \"auth_basic\";")]
    public async Task By_default_a_snippet_is_reported_and_does_nothing(string name, string snippet)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, name, snippet, translate: false);

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal(200, answer.Status);
        Assert.Equal("", answer.Head["X-Frame-Options"]);
        Assert.Contains(lab.Problems, problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{name}]");
    }

    [Theory(Timeout = 30_000)]
    [InlineData("deny all;", false)]
    [InlineData("location /admin { deny all; }", false)]
    [InlineData("if ($request_method = POST) { return 405; }", true)]
    [InlineData("more_set_headers 'X: y'; auth_basic \"off limits\"; auth_basic_user_file /etc/x;", true)]
    [InlineData("limit_req zone=one;", true)]
    [InlineData("return 403;", false)]
    public async Task A_snippet_that_keeps_people_out_closes_the_ingress(string snippet, bool translate)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, "configuration-snippet", snippet, translate);

        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Equal(0, backend.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task Headers_of_a_translated_snippet_are_set()
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nX-Powered-By: us\r\nX-Old: 1\r\nX-Set: theirs\r\nContent-Length: 0\r\n\r\n");
        await using var lab = await StartAsync(
            backend,
            "configuration-snippet",
            "more_set_headers \"X-Set: ours\" 'X-Host: $host'; more_clear_headers X-Powered-By; proxy_hide_header X-Old; add_header X-Add \"a; b\" always; "
            + "proxy_set_header X-From $http_x_mine; proxy_set_header Upgrade $http_upgrade; proxy_set_header Host \"inner.example\"; proxy_set_header Cookie \"\";",
            translate: true);

        var answer = await lab.GetAsync("/", Deadline.Token, headers: "X-Mine: yes\r\nCookie: a=b\r\n");

        Assert.Equal("ours", answer.Head["X-Set"]);
        Assert.Equal(Objects.Host, answer.Head["X-Host"]);
        Assert.Equal("a; b", answer.Head["X-Add"]);
        Assert.Equal("", answer.Head["X-Powered-By"] + answer.Head["X-Old"]);
        var seen = (await backend.NextAsync(Deadline.Token)).Head;
        Assert.Equal("yes", seen["X-From"]);
        Assert.Equal("inner.example", seen["Host"]);
        Assert.Equal("", seen["Cookie"]);
        Assert.Empty(lab.Problems);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("return 301 https://elsewhere.example$request_uri;", 301, "https://elsewhere.example/a%0d%0aX/?q=1")]
    [InlineData("return 302 https://elsewhere.example$uri;", 302, "https://elsewhere.example/a%0D%0AX/")]
    [InlineData("return https://elsewhere.example/;", 302, "https://elsewhere.example/")]
    [InlineData("return 403;", 403, "")]
    [InlineData("return 204;", 204, "")]
    public async Task An_unconditional_return_answers_every_request(string snippet, int status, string location)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, "server-snippet", snippet, translate: true);

        var answer = await lab.GetAsync("/a%0d%0aX/?q=1", Deadline.Token);

        Assert.Equal(status, answer.Status);
        Assert.Equal(location, answer.Head["Location"]);
        Assert.Equal(0, backend.Connections);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("add_header X-One 1; rewrite ^/a /b;")]
    [InlineData("add_header X-One 1; more_set_headers -s 404 'X-Two: 2';")]
    [InlineData("add_header X-One 1; add_header Content-Length 5;")]
    [InlineData("add_header X-One 1; add_header X-Two $document_root;")]
    [InlineData("add_header X-One 1; add_header X-Two 2")]
    [InlineData("if ($x) { add_header X-One 1; }")]
    [InlineData("add_header X-One \"1")]
    public async Task A_snippet_with_anything_else_does_nothing_at_all(string snippet)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, "configuration-snippet", snippet, translate: true);

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal(200, answer.Status);
        Assert.Equal("", answer.Head["X-One"]);
        Assert.Contains(lab.Problems, problem => problem.Message.Contains("nothing of the snippet is honoured", StringComparison.Ordinal));
    }

    private static Task<IngressLab> StartAsync(RawBackend backend, string name, string snippet, bool translate) => IngressLab.StartAsync(
        IngressLab.ServiceFor("web", backend.Address)
        + IngressLab.IngressWith([(name, snippet.Replace('\n', '\v'))]).Replace("\v", "\\n", StringComparison.Ordinal),
        options => options with { TranslateSnippets = translate });
}
