using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter CORS, from the manifest to the wire.</summary>
public sealed class CorsAnnotationTests
{
    private const string Origin = "https://shop.example.com";

    [Theory(Timeout = 30_000)]
    [InlineData("https://shop.example.com", Origin, true)]
    [InlineData("https://other.example, https://*.example.com", Origin, true)]
    [InlineData("https://*.example.com", "https://Shop.Example.com", true)]
    [InlineData("https://*.example.com:8443", "https://shop.example.com:8443", true)]
    [InlineData("https://*.example.com", "https://a.b.example.com", false)]
    [InlineData("https://*.example.com", "https://example.com", false)]
    [InlineData("https://*.example.com", "https://evil.com/.example.com", false)]
    [InlineData("https://shop.example.com", "https://shopxexample.com", false)]
    [InlineData("https://shop.example.com", "http://shop.example.com", false)]
    [InlineData("https://shop.example.com", "https://shop.example.com:8443", false)]
    [InlineData("https://shop.example.com", "null", false)]
    public async Task Only_origins_of_the_list_are_echoed(string allowed, string origin, bool isAllowed)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, ("cors-allow-origin", allowed));

        var answer = await lab.GetAsync("/", Deadline.Token, headers: $"Origin: {origin}\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal(isAllowed ? origin : "", answer.Head["Access-Control-Allow-Origin"]);
        Assert.Equal(isAllowed ? "true" : "", answer.Head["Access-Control-Allow-Credentials"]);
        Assert.Equal(isAllowed ? "Origin" : "", answer.Head["Vary"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Preflight_is_answered_without_the_endpoint()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(
            backend, ("cors-allow-origin", Origin), ("cors-allow-methods", "GET, PUT"), ("cors-allow-headers", "X-One,X-Two"),
            ("cors-expose-headers", "X-Three"), ("cors-max-age", "600"), ("cors-allow-credentials", "false"));
        using var client = await lab.Proxy.ConnectAsync(Deadline.Token);

        var answer = await client.AskAsync(
            $"OPTIONS /x HTTP/1.1\r\nHost: {Objects.Host}\r\nOrigin: {Origin}\r\nAccess-Control-Request-Method: PUT\r\n\r\n", Deadline.Token);

        Assert.Equal(204, answer.Status);
        Assert.Equal(Origin, answer.Head["Access-Control-Allow-Origin"]);
        Assert.Equal("GET, PUT", answer.Head["Access-Control-Allow-Methods"]);
        Assert.Equal("X-One, X-Two", answer.Head["Access-Control-Allow-Headers"]);
        Assert.Equal("X-Three", answer.Head["Access-Control-Expose-Headers"]);
        Assert.Equal("600", answer.Head["Access-Control-Max-Age"]);
        Assert.Equal("", answer.Head["Access-Control-Allow-Credentials"]);
        Assert.StartsWith("text/plain", answer.Head["Content-Type"], StringComparison.Ordinal);
        Assert.Equal(0, backend.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task Preflight_of_an_origin_that_is_not_allowed_is_the_endpoints_business()
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: theirs\r\nContent-Length: 0\r\n\r\n");
        await using var lab = await StartAsync(backend, ("cors-allow-origin", Origin));
        using var client = await lab.Proxy.ConnectAsync(Deadline.Token);

        var answer = await client.AskAsync($"OPTIONS / HTTP/1.1\r\nHost: {Objects.Host}\r\nOrigin: https://evil.example\r\n\r\n", Deadline.Token);

        Assert.Equal(200, answer.Status);
        Assert.Equal("theirs", answer.Head["Access-Control-Allow-Origin"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task By_default_every_origin_is_allowed_and_the_endpoints_word_is_replaced()
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: theirs\r\nContent-Length: 0\r\n\r\n");
        await using var lab = await StartAsync(backend);

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal("*", answer.Head["Access-Control-Allow-Origin"]);
        Assert.Equal("GET, PUT, POST, DELETE, PATCH, OPTIONS", answer.Head["Access-Control-Allow-Methods"]);
        Assert.Equal(
            "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
            answer.Head["Access-Control-Allow-Headers"]);
        Assert.Equal("1728000", answer.Head["Access-Control-Max-Age"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Errors_of_the_proxy_carry_the_headers_too()
    {
        await using var lab = await IngressLab.StartAsync(IngressLab.IngressWith([("enable-cors", "true"), ("cors-allow-origin", Origin)]));

        var answer = await lab.GetAsync("/", Deadline.Token, headers: $"Origin: {Origin}\r\n");

        Assert.Equal(503, answer.Status);
        Assert.Equal(Origin, answer.Head["Access-Control-Allow-Origin"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("cors-allow-origin", "shop.example.com")]
    [InlineData("cors-allow-origin", "https://*.*.example.com")]
    [InlineData("cors-allow-origin", "https://shop.example.com/path")]
    public async Task A_list_without_a_valid_origin_allows_nobody_and_is_reported(string name, string value)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await StartAsync(backend, (name, value));

        var answer = await lab.GetAsync("/", Deadline.Token, headers: $"Origin: {Origin}\r\n");

        Assert.Equal("", answer.Head["Access-Control-Allow-Origin"]);
        Assert.Contains(lab.Problems, problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{name}]");
    }

    [Theory(Timeout = 30_000)]
    [InlineData("cors-allow-methods", "GET; PUT", "Access-Control-Allow-Methods", "GET, PUT, POST, DELETE, PATCH, OPTIONS")]
    [InlineData("cors-allow-headers", "X One", "Access-Control-Allow-Headers", "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization")]
    [InlineData("cors-expose-headers", "X:One", "Access-Control-Expose-Headers", "")]
    [InlineData("cors-max-age", "-1", "Access-Control-Max-Age", "1728000")]
    [InlineData("cors-allow-credentials", "maybe", "Access-Control-Allow-Credentials", "true")]
    [InlineData("enable-cors", "yes", "Access-Control-Allow-Origin", "")]
    public async Task A_value_that_cannot_be_used_is_reported_and_the_default_stands(string name, string value, string header, string expected)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith(name == "enable-cors" ? [(name, value)] : [("enable-cors", "true"), (name, value)]));

        Assert.Equal(expected, (await lab.GetAsync("/", Deadline.Token)).Head[header]);
        Assert.Contains(lab.Problems, problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{name}]");
    }

    private static Task<IngressLab> StartAsync(RawBackend backend, params (string, string)[] annotations) => IngressLab.StartAsync(
        IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("enable-cors", "true"), .. annotations]));
}
