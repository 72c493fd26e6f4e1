using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Redirects, from the manifest to the wire.</summary>
public sealed class RedirectAnnotationTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("permanent-redirect", "https://elsewhere.example/x?y", null, 301)]
    [InlineData("permanent-redirect", "/elsewhere", "308", 308)]
    [InlineData("temporal-redirect", "https://elsewhere.example/", null, 302)]
    [InlineData("temporal-redirect", "https://elsewhere.example/", "307", 307)]
    public async Task Every_path_is_sent_to_one_location(string annotation, string location, string? code, int status)
    {
        List<(string, string)> annotations = [(annotation, location)];
        if (code is not null)
        {
            annotations.Add((annotation + "-code", code));
        }

        await using var lab = await IngressLab.StartAsync(IngressLab.IngressWith(annotations));

        var answer = await lab.GetAsync("/any/path?query", Deadline.Token);

        Assert.Equal(status, answer.Status);
        Assert.Equal(location, answer.Head["Location"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_temporal_redirect_wins()
    {
        await using var lab = await IngressLab.StartAsync(IngressLab.IngressWith([("permanent-redirect", "/permanent"), ("temporal-redirect", "/temporal")]));

        Assert.Equal("/temporal", (await lab.GetAsync("/", Deadline.Token)).Head["Location"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("ftp://elsewhere.example/")]
    [InlineData("https://elsewhere.example/ x")]
    [InlineData("elsewhere")]
    public async Task A_location_that_is_none_is_reported_and_the_route_serves(string location)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("permanent-redirect", location)]));

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == "metadata.annotations[nginx.ingress.kubernetes.io/permanent-redirect]");
    }

    [Fact(Timeout = 30_000)]
    public async Task The_start_of_an_application_is_where_app_root_says()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("app-root", "/app/start")]));

        var root = await lab.GetAsync("/", Deadline.Token, host: "app.example.com:8080");
        Assert.Equal(302, root.Status);
        Assert.Equal("http://app.example.com:8080/app/start", root.Head["Location"]);
        Assert.Equal(200, (await lab.GetAsync("/app/start", Deadline.Token)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("true", 308)]
    [InlineData("yes", 200)]
    public async Task Force_ssl_redirect_needs_no_certificate_here(string value, int status)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("force-ssl-redirect", value)]));

        var answer = await lab.GetAsync("/x?y", Deadline.Token);

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 308 ? "https://app.example.com/x?y" : "", answer.Head["Location"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("preserve-trailing-slash", "true", "/a/", "https://app.example.com/a/")]
    [InlineData("preserve-trailing-slash", "no", "/a/", "https://app.example.com/a/")]
    [InlineData("preserve-trailing-slash", "false", "/a/", "https://app.example.com/a")]
    [InlineData("preserve-trailing-slash", "false", "/", "https://app.example.com")]
    [InlineData("preserve-trailing-slash", "false", "/a/?", "https://app.example.com/a/?")]
    [InlineData("use-port-in-redirects", "true", "/a", "https://app.example.com:443/a")]
    [InlineData("use-port-in-redirects", "on", "/a", "https://app.example.com/a")]
    [InlineData("relative-redirects", "true", "/a", "https://app.example.com/a")]
    public async Task The_redirect_to_https_is_spelled_as_asked(string annotation, string value, string target, string location)
    {
        await using var lab = await IngressLab.StartAsync(IngressLab.IngressWith([(annotation, value), ("force-ssl-redirect", "true")]));

        Assert.Equal(location, (await lab.GetAsync(target, Deadline.Token, "app.example.com:8080")).Head["Location"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("301", 301)]
    [InlineData("200", 308)]
    [InlineData("", 308)]
    public async Task The_config_map_chooses_the_status_of_redirects(string code, int status)
    {
        await using var lab = await IngressLab.StartAsync(
            IngressLab.IngressWith([("force-ssl-redirect", "true")])
            + IngressLab.IngressWith([("from-to-www-redirect", "true")], name: "www", host: "other.example.com")
            + ControllerConfigMap.With(("http-redirect-code", code)),
            ControllerConfigMap.Read);

        Assert.Equal(status, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Equal(status, (await lab.GetAsync("/", Deadline.Token, "www.other.example.com")).Status);
        Assert.Equal(code == "200", lab.Problems.Any(problem => problem.Field == "data[http-redirect-code]"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("example.com", "www.example.com")]
    [InlineData("www.example.com", "example.com")]
    public async Task The_other_spelling_of_a_host_leads_to_it(string host, string other)
    {
        await using var backend = RawBackend.Answering();
        var service = IngressLab.ServiceFor("web", backend.Address);
        var ingress = IngressLab.IngressWith([("from-to-www-redirect", "true")], host: host, path: "/app");
        await using var lab = await IngressLab.StartAsync(service + ingress);

        var answer = await lab.GetAsync("/a%2Fb/?x", Deadline.Token, other + ":8080");
        Assert.Equal(308, answer.Status);
        Assert.Equal($"http://{host}:8080/a%2Fb/?x", answer.Head["Location"]);
        Assert.Equal(200, (await lab.GetAsync("/app", Deadline.Token, host)).Status);

        lab.Write(service + ingress + IngressLab.IngressWith([], name: "own", host: other));
        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token, other)).Status);

        lab.Write(service + IngressLab.IngressWith([("from-to-www-redirect", "maybe")], host: host));
        Assert.Equal(404, (await lab.GetAsync("/", Deadline.Token, other)).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == "metadata.annotations[nginx.ingress.kubernetes.io/from-to-www-redirect]");
    }
}
