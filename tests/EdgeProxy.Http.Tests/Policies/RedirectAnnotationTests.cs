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
}
