using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests;

/// <summary>What an endpoint gets as its request target.</summary>
public sealed class TargetTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/plain")]
    [InlineData("/?")]
    [InlineData("/a?b=c&d=%20")]
    [InlineData("/a%2Fb")]
    [InlineData("/a%2fb")]
    [InlineData("/a%252Fb")]
    [InlineData("/%c3%a9")]
    [InlineData("/%C3%A9")]
    [InlineData("/%ff")]
    [InlineData("/%7euser/%41")]
    [InlineData("/a|b")]
    [InlineData("/[x]/{y}")]
    [InlineData("/a/../b")]
    [InlineData("/a/./b/.")]
    [InlineData("/..%2fq")]
    [InlineData("/%2e%2e/q")]
    [InlineData("//x")]
    [InlineData("/a//b///")]
    [InlineData("/\"quoted\"'<>^`")]
    [InlineData("/back\\slash")]
    [InlineData("/a;v=1,2/b=c@d:e!$&'()*+~")]
    [InlineData("/a?x=/../%2F|[]&y=?&&")]
    [InlineData("/http://elsewhere.example/")]
    [InlineData("//elsewhere.example/x")]
    [InlineData("/@elsewhere.example:80/")]
    public async Task Target_reaches_the_endpoint_byte_for_byte(string target)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync($"GET {target} HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal(200, answer.Status);
        var request = await backend.NextAsync(cancel);
        Assert.Equal($"GET {target} HTTP/1.1", request.Head.First);
    }

    [Theory]
    [InlineData("http://app.example.com/a%2Fb?q", "/a%2Fb?q")]
    [InlineData("http://app.example.com", "/")]
    [InlineData("http://app.example.com/", "/")]
    [InlineData("http://app.example.com?q=1", "/?q=1")]
    [InlineData("http://app.example.com//x/../y", "//x/../y")]
    public async Task Absolute_form_loses_scheme_and_authority(string target, string forwarded)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync($"GET {target} HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal(200, answer.Status);
        Assert.Equal(forwarded, (await backend.NextAsync(cancel)).Head.Target);
    }

    [Fact]
    public async Task Absolute_form_for_another_host_is_refused()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync("GET http://other.example.com/ HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal(400, answer.Status);
        Assert.Equal(0, backend.Connections);
    }

    [Fact]
    public async Task Options_star_is_about_the_proxy_and_answered_by_it()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync("OPTIONS * HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal(200, answer.Status);
        Assert.Equal("0", answer.Head["Content-Length"]);
        Assert.Equal(0, backend.Connections);
    }

    [Theory]
    [InlineData("/bad%zz")]
    [InlineData("/bad%")]
    public async Task Malformed_escape_is_a_bad_request(string target)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync($"GET {target} HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal(400, answer.Status);
        Assert.Equal("400 Bad Request: bad_request\n", answer.Text);
        Assert.Equal(0, backend.Connections);
    }

    [Theory]
    [InlineData("/bad%00", 400)]
    [InlineData("no-slash", 405)]
    public async Task Kestrel_refuses_what_is_no_target(string target, int status)
    {
        var cancel = Deadline.Token;
        await using var proxy = await TestProxy.ServingAsync();
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync($"GET {target} HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task Connect_is_refused()
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.ServingAsync(backend.Address);
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync("CONNECT app.example.com:443 HTTP/1.1\r\nHost: app.example.com:443\r\n\r\n", cancel);

        Assert.Equal(400, answer.Status);
        Assert.Equal(0, backend.Connections);
    }

    [Theory]
    [InlineData("/svc(/|$)(.*)", "/$2", "/svc/a/b?x=1", "/a/b?x=1")]
    [InlineData("/svc(/|$)(.*)", "/$2", "/svc", "/")]
    [InlineData("/svc(/|$)(.*)", "/$2", "/SVC/a%20b", "/a%20b")]
    [InlineData("/v1/(.*)", "/v2/$1", "/v1/a%2Fb?q=%2F", "/v2/a/b?q=%2F")]
    [InlineData("/old", "/new?", "/old", "/new?")]
    public async Task Rewrite_replaces_the_path_and_keeps_the_query(string path, string rewrite, string target, string forwarded)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering();
        await using var proxy = await TestProxy.StartAsync(builder =>
        {
            builder.SetService(Objects.Service("web", backend.Address));
            builder.SetIngress(Objects.Ingress("web", path: path, rewrite: rewrite));
        });
        using var client = await proxy.ConnectAsync(cancel);

        var answer = await client.AskAsync($"GET {target} HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);

        Assert.Equal(200, answer.Status);
        Assert.Equal(forwarded, (await backend.NextAsync(cancel)).Head.Target);
    }
}
