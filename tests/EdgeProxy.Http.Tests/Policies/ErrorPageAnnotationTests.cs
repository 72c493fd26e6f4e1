using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations default-backend, custom-http-errors and disable-proxy-intercept-errors, from the manifest to the wire.</summary>
public sealed class ErrorPageAnnotationTests
{
    private const string Page = "HTTP/1.1 404 Not Found\r\nX-Page: yes\r\nContent-Length: 5\r\n\r\nsorry";

    [Fact(Timeout = 30_000)]
    public async Task A_listed_status_is_replaced_by_the_default_backends_answer()
    {
        await using var web = RawBackend.Answering("HTTP/1.1 500 Oops\r\nX-Secret: stack\r\nContent-Length: 5\r\n\r\ntrace");
        await using var errors = RawBackend.Answering(Page);
        await using var lab = await StartAsync(web, errors, ("custom-http-errors", "404,500"));
        using var client = await lab.Proxy.ConnectAsync(Deadline.Token);

        var answer = await client.AskAsync(
            $"POST /form?x=1 HTTP/1.1\r\nHost: {Objects.Host}\r\nAccept: text/html\r\nX-Code: 200\r\nX-Request-ID: id-1\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody",
            Deadline.Token);

        Assert.Equal(404, answer.Status);
        Assert.Equal("sorry", answer.Text);
        Assert.Equal("", answer.Head["X-Secret"]);
        Assert.Equal("body"u8.ToArray(), (await web.NextAsync(Deadline.Token)).Body);
        var asked = await errors.NextAsync(Deadline.Token);
        Assert.Equal("GET / HTTP/1.1", asked.Head.First);
        Assert.Empty(asked.Body);
        Assert.Equal("500", asked.Head["X-Code"]);
        Assert.Equal("text/html", asked.Head["X-Format"]);
        Assert.Equal("/form?x=1", asked.Head["X-Original-URI"]);
        Assert.Equal("default", asked.Head["X-Namespace"]);
        Assert.Equal("web", asked.Head["X-Ingress-Name"]);
        Assert.Equal("web", asked.Head["X-Service-Name"]);
        Assert.Equal("80", asked.Head["X-Service-Port"]);
        Assert.Equal("id-1", asked.Head["X-Request-ID"]);

        // The client's connection is still good.
        Assert.Equal(404, (await client.AskAsync($"GET / HTTP/1.1\r\nHost: {Objects.Host}\r\n\r\n", Deadline.Token)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("custom-http-errors", "404", null)]
    [InlineData("custom-http-errors", "500", "disable-proxy-intercept-errors")]
    [InlineData("custom-http-errors", "500 and others", null)]
    [InlineData("custom-http-errors", "200", null)]
    public async Task Any_other_status_passes(string name, string codes, string? optOut)
    {
        await using var web = RawBackend.Answering("HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\ntrace");
        await using var errors = RawBackend.Answering(Page);
        await using var lab = await StartAsync(web, errors, optOut is null ? [(name, codes)] : [(name, codes), (optOut, "true")]);

        var answer = await lab.GetAsync("/", Deadline.Token);

        Assert.Equal(500, answer.Status);
        Assert.Equal("trace", answer.Text);
        Assert.Equal(codes is "500 and others" or "200", lab.Problems.Any(problem => problem.Field?.Contains(name, StringComparison.Ordinal) == true));
    }

    [Fact(Timeout = 30_000)]
    public async Task Without_an_endpoint_the_default_backend_gets_the_request_as_it_is()
    {
        await using var errors = RawBackend.Answering(Page);
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web") + IngressLab.ServiceFor("errors", errors.Address) + IngressLab.IngressWith([("default-backend", "errors")]));
        using var client = await lab.Proxy.ConnectAsync(Deadline.Token);

        var answer = await client.AskAsync($"POST /form HTTP/1.1\r\nHost: {Objects.Host}\r\nContent-Length: 4\r\n\r\nbody", Deadline.Token);

        Assert.Equal(404, answer.Status);
        var asked = await errors.NextAsync(Deadline.Token);
        Assert.Equal("POST /form HTTP/1.1", asked.Head.First);
        Assert.Equal("body"u8.ToArray(), asked.Body);
        Assert.Equal("503", asked.Head["X-Code"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_endpoint_that_cannot_be_reached_is_a_502_like_another()
    {
        await using var errors = RawBackend.Answering(Page);
        using var dead = DeadEndpoint.Refusing();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", dead.Address) + IngressLab.ServiceFor("errors", errors.Address)
            + IngressLab.IngressWith([("default-backend", "errors"), ("custom-http-errors", "502")]));

        Assert.Equal("sorry", (await lab.GetAsync("/", Deadline.Token)).Text);
        Assert.Equal("502", (await errors.NextAsync(Deadline.Token)).Head["X-Code"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_default_backend_that_is_not_there_changes_nothing()
    {
        await using var web = RawBackend.Answering("HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\ntrace");
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", web.Address)
            + IngressLab.IngressWith([("default-backend", "missing"), ("custom-http-errors", "500")])
            + IngressLab.IngressWith([("default-backend", "missing")], "nowhere", "nowhere", path: "/nowhere"));

        Assert.Equal("trace", (await lab.GetAsync("/", Deadline.Token)).Text);
        Assert.Equal(503, (await lab.GetAsync("/nowhere", Deadline.Token)).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == "metadata.annotations[nginx.ingress.kubernetes.io/default-backend]");
    }

    [Fact(Timeout = 30_000)]
    public async Task A_closed_ingress_stays_closed()
    {
        await using var errors = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var lab = await StartAsync(errors, errors, ("custom-http-errors", "503"), ("custom-headers", "default/missing"));

        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Equal(0, errors.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task Custom_errors_without_a_default_backend_are_reported()
    {
        await using var web = RawBackend.Answering("HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\ntrace");
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", web.Address) + IngressLab.IngressWith([("custom-http-errors", "500")]));

        Assert.Equal("trace", (await lab.GetAsync("/", Deadline.Token)).Text);
        Assert.Contains(lab.Problems, problem => problem.Message.Contains("default-backend", StringComparison.Ordinal));
    }

    private static Task<IngressLab> StartAsync(RawBackend web, RawBackend errors, params (string, string)[] annotations) => IngressLab.StartAsync(
        IngressLab.ServiceFor("web", web.Address) + IngressLab.ServiceFor("errors", errors.Address)
        + IngressLab.IngressWith([("default-backend", "errors"), .. annotations]));
}
