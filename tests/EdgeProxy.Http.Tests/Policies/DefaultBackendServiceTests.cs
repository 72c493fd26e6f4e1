using EdgeProxy.Http.Explain;
using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Setting --default-backend-service: who gets what no Ingress takes.</summary>
public sealed class DefaultBackendServiceTests
{
    private const string Page = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nsorry";

    [Theory(Timeout = 30_000)]
    [InlineData("nobody.example.com", "/x%2Fy?q=1")]
    [InlineData(Objects.Host, "/other")]
    public async Task It_gets_the_requests_that_no_Ingress_takes_as_they_are(string host, string target)
    {
        await using var pages = RawBackend.Answering(Page);
        await using var lab = await StartAsync(IngressLab.ServiceFor("pages", pages.Address) + IngressLab.IngressWith([], path: "/app"));

        var answer = await lab.GetAsync(target, Deadline.Token, host);

        Assert.Equal("sorry", answer.Text);
        var head = (await pages.NextAsync(Deadline.Token)).Head;
        Assert.Equal(target, head.Target);
        Assert.Equal(host, head["Host"]);
        Assert.Equal("forwarded", (await lab.Proxy.EndOfRequestAsync(Deadline.Token)).Field("Reason"));
    }

    [Fact(Timeout = 30_000)]
    public async Task An_Ingress_without_rules_goes_before_it()
    {
        await using var pages = RawBackend.Answering(Page);
        await using var web = RawBackend.Answering();
        await using var lab = await StartAsync(IngressLab.ServiceFor("pages", pages.Address) + IngressLab.ServiceFor("web", web.Address) + """
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: all}
            spec: {defaultBackend: {service: {name: web, port: {number: 80} } } }

            """);

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Equal(0, pages.Connections);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("")]
    [InlineData("pages")]
    public async Task Without_it_or_its_endpoints_it_is_404(string service)
    {
        await using var lab = await StartAsync(service.Length == 0 ? "" : IngressLab.ServiceFor(service));

        Assert.Equal("404 Not Found: no_route\n", (await lab.GetAsync("/", Deadline.Token)).Text);
    }

    [Fact(Timeout = 30_000)]
    public async Task It_has_the_error_pages_of_Ingresses_that_name_nobody()
    {
        await using var pages = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsorry");
        await using var web = RawBackend.Answering("HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\ntrace");
        await using var lab = await StartAsync(
            IngressLab.ServiceFor("pages", pages.Address) + IngressLab.ServiceFor("web", web.Address) + IngressLab.ServiceFor("empty")
            + IngressLab.IngressWith([("custom-http-errors", "500")])
            + IngressLab.IngressWith([("custom-http-errors", "500")], "empty", "passes", path: "/passes")
            + IngressLab.IngressWith([("custom-http-errors", "503")], "empty", "replaced", path: "/replaced"));

        Assert.Equal("sorry", (await lab.GetAsync("/x", Deadline.Token)).Text);
        var asked = (await pages.NextAsync(Deadline.Token)).Head;
        Assert.Equal(("/", "500"), (asked.Target, asked["X-Code"]));
        Assert.Equal(503, (await lab.GetAsync("/passes", Deadline.Token)).Status);
        Assert.Equal("sorry", (await lab.GetAsync("/replaced", Deadline.Token)).Text);
        Assert.Empty(lab.Problems);
    }

    [Fact(Timeout = 30_000)]
    public async Task Explain_names_it()
    {
        await using var pages = RawBackend.Answering(Page);
        await using var lab = await StartAsync(IngressLab.ServiceFor("pages", pages.Address) + IngressLab.IngressWith([], path: "/app"));

        var explanation = RequestExplainer.Explain(lab.Proxy.Snapshots.Current, "GET", "http://nobody.example.com/x", []);

        Assert.Equal("forwarded", explanation.Outcome);
        Assert.StartsWith("default/pages", explanation.Service, StringComparison.Ordinal);
        Assert.Contains(explanation.Candidates, candidate => candidate.IsChosen && candidate.Why == "chosen: no Ingress takes the request");
    }

    private static Task<IngressLab> StartAsync(string manifests) =>
        IngressLab.StartAsync(manifests, options => options with { DefaultBackendService = Objects.Name("pages") });
}
