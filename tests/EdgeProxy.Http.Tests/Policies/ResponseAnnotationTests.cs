using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations about the headers of answers, from the manifest to the wire.</summary>
public sealed class ResponseAnnotationTests
{
    private const string Allowed = "global-allowed-response-headers";

    private const string Headers = """
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: headers}
        data: {X-Team: blue, Server: ours}

        """;

    [Fact(Timeout = 30_000)]
    public async Task Custom_headers_replace_the_endpoints_and_are_on_errors_too()
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nServer: theirs\r\nContent-Length: 0\r\n\r\n");
        await using var lab = await IngressLab.StartAsync(
            Headers + IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("custom-headers", "headers")])
            + IngressLab.IngressWith([("custom-headers", "default/headers")], "missing", "missing", path: "/missing")
            + ControllerConfigMap.With((Allowed, "x-team,Server")),
            ControllerConfigMap.Read);

        var answer = await lab.GetAsync("/", Deadline.Token);
        Assert.Equal("blue", answer.Head["X-Team"]);
        Assert.Equal("ours", answer.Head["Server"]);

        var error = await lab.GetAsync("/missing", Deadline.Token);
        Assert.Equal(503, error.Status);
        Assert.Equal("blue", error.Head["X-Team"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_change_of_the_map_shows_at_the_next_request()
    {
        await using var backend = RawBackend.Answering();
        var rest = IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("custom-headers", "headers")])
            + ControllerConfigMap.With((Allowed, "X-Team,Server"));
        await using var lab = await IngressLab.StartAsync(Headers + rest, ControllerConfigMap.Read);

        lab.Write(Headers.Replace("blue", "red", StringComparison.Ordinal) + rest);

        Assert.Equal("red", (await lab.GetAsync("/", Deadline.Token)).Head["X-Team"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("missing", "X-Team,Server", "X-Team: blue")]
    [InlineData("headers", "X-Team", "X-Team: blue")]
    [InlineData("headers", "X-Team,Server,Content-Length", "Content-Length: '1'")]
    [InlineData("headers", "X-Team,Server,X-Split", "X-Split: \"a\\r\\nSet-Cookie: x=y\"")]
    [InlineData("elsewhere/headers", "X-Team,Server", "X-Team: blue")]
    public async Task Headers_that_cannot_be_set_close_the_ingress(string map, string allowed, string entry)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            Headers.Replace("X-Team: blue", entry, StringComparison.Ordinal)
            + IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("custom-headers", map)])
            + ControllerConfigMap.With((Allowed, allowed)),
            ControllerConfigMap.Read);

        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == "metadata.annotations[nginx.ingress.kubernetes.io/custom-headers]");
    }

    [Fact(Timeout = 30_000)]
    public async Task Cookies_get_the_domain_and_path_the_client_knows()
    {
        await using var backend = RawBackend.Answering(
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=Path=/in/x; Domain=.Inner.example; path=/in/app; HttpOnly\r\nSet-Cookie: b=2; Domain=other.example; Path=/\r\nContent-Length: 0\r\n\r\n");
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith([("proxy-cookie-domain", "inner.example outer.example"), ("proxy-cookie-path", "/in/ /")]));

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal(
            ["a=Path=/in/x; Domain=outer.example; path=/app; HttpOnly", "b=2; Domain=other.example; Path=/"],
            answer.Head.All("Set-Cookie"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("proxy-cookie-domain", "~^(.*)$ outer.example")]
    [InlineData("proxy-cookie-domain", "inner.example $host")]
    [InlineData("proxy-cookie-path", "/only-one")]
    [InlineData("proxy-cookie-path", "/in /;Secure")]
    public async Task A_cookie_rule_that_cannot_be_used_is_reported_and_cookies_pass(string name, string value)
    {
        const string Cookie = "a=1; Domain=inner.example; Path=/in";
        await using var backend = RawBackend.Answering($"HTTP/1.1 200 OK\r\nSet-Cookie: {Cookie}\r\nContent-Length: 0\r\n\r\n");
        await using var lab = await IngressLab.StartAsync(IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([(name, value)]));

        Assert.Equal(Cookie, (await lab.GetAsync("/", Deadline.Token)).Head["Set-Cookie"]);
        Assert.Contains(lab.Problems, problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{name}]");
    }

    [Theory(Timeout = 30_000)]
    [InlineData("http://inner.example/", "https://outer.example/", "https://outer.example/login", "5; url=https://outer.example/next")]
    [InlineData("http://other.example/", "https://outer.example/", "http://inner.example/login", "5; url=http://inner.example/next")]
    [InlineData("default", "https://outer.example/", "http://inner.example/login", "5; url=http://inner.example/next")]
    [InlineData("http://inner.example/", "off", "http://inner.example/login", "5; url=http://inner.example/next")]
    [InlineData("~http://.*", "https://outer.example/", "http://inner.example/login", "5; url=http://inner.example/next")]
    [InlineData("http://inner.example/", "https://$host/", "http://inner.example/login", "5; url=http://inner.example/next")]
    public async Task Redirects_of_the_endpoint_lead_where_clients_can_go(string from, string to, string location, string refresh)
    {
        await using var backend = RawBackend.Answering(
            "HTTP/1.1 302 Found\r\nLocation: http://inner.example/login\r\nRefresh: 5; url=http://inner.example/next\r\nContent-Length: 0\r\n\r\n");
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("proxy-redirect-from", from), ("proxy-redirect-to", to)]));

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal(location, answer.Head["Location"]);
        Assert.Equal(refresh, answer.Head["Refresh"]);
        Assert.Equal(
            from[0] == '~' || to.Contains('$', StringComparison.Ordinal),
            lab.Problems.Any(problem => problem.Field?.Contains("proxy-redirect", StringComparison.Ordinal) == true));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("hide-headers", "X-Powered-By, Server", "")]
    [InlineData("allow-backend-server-header", "false", "")]
    [InlineData("allow-backend-server-header", "true", "theirs")]
    public async Task The_config_map_hides_headers_of_endpoints(string key, string value, string server)
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nServer: theirs\r\nContent-Length: 0\r\n\r\n");
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([]) + ControllerConfigMap.With((key, value)),
            ControllerConfigMap.Read);

        Assert.Equal(server, (await lab.GetAsync("/", Deadline.Token)).Head["Server"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_has_no_effect_is_accepted_without_a_word()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("http2-push-preload", "true"), ("relative-redirects", "true")]));

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Empty(lab.Problems);
    }
}
