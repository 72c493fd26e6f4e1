using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Routing and rewriting, from the manifest to the wire.</summary>
public sealed class RoutingAnnotationTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("/items/17", 200)]
    [InlineData("/ITEMS/17/more", 200)]
    [InlineData("/items/x", 404)]
    [InlineData("/old/items/17", 404)]
    public async Task Use_regex_reads_the_path_as_a_pattern_anchored_at_its_start(string target, int status)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith([("use-regex", "true")], path: "/items/[0-9]+", pathType: "ImplementationSpecific"));

        Assert.Equal(status, (await lab.GetAsync(target, Deadline.Token)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task Use_regex_makes_patterns_of_its_neighbours_and_the_longest_text_is_tried_first()
    {
        await using var plain = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain");
        await using var regex = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nregex");
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("plain", plain.Address) + IngressLab.ServiceFor("regex", regex.Address)
            + IngressLab.IngressWith([], "plain", "plain", path: "/users", pathType: "Exact")
            + IngressLab.IngressWith([("use-regex", "true")], "regex", "regex", path: "/u.*", pathType: "ImplementationSpecific"));

        Assert.Equal("plain", (await lab.GetAsync("/Users/1", Deadline.Token)).Text);
        Assert.Equal("regex", (await lab.GetAsync("/unknown", Deadline.Token)).Text);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("/users", "plain", null)]
    [InlineData("/users/1", "regex", 404)]
    [InlineData("/Users", "regex", 404)]
    [InlineData("/app/x", "plain", null)]
    [InlineData("/api/v2", "regex", null)]
    [InlineData("/API/v2", "regex", null)]
    public async Task Patterns_with_the_scope_of_their_ingress_leave_neighbours_as_they_are(string target, string service, int? status)
    {
        await using var plain = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain");
        await using var regex = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nregex");
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("plain", plain.Address) + IngressLab.ServiceFor("regex", regex.Address)
            + IngressLab.IngressWith([], "plain", "exact", path: "/users", pathType: "Exact")
            + IngressLab.IngressWith([], "plain", "prefix", path: "/app")
            + IngressLab.IngressWith([("use-regex", "true")], "regex", "regex", path: "/a.*", pathType: "ImplementationSpecific"),
            configuration: ("regex-scope", "ingress"));

        var answer = await lab.GetAsync(target, Deadline.Token);

        Assert.Equal(status ?? 200, answer.Status);
        if (status is null)
        {
            Assert.Equal(service, answer.Text);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task A_scope_that_is_none_is_reported_and_the_host_it_is()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith([("regex-scope", "cluster")], name: "plain", path: "/users", pathType: "Exact")
            + IngressLab.IngressWith([("use-regex", "true")], name: "regex", path: "/a.*", pathType: "ImplementationSpecific"));

        Assert.Equal(200, (await lab.GetAsync("/USERS/1", Deadline.Token)).Status);
        Assert.Single(lab.ProblemsOf("regex-scope"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("Prefix", "/docs", 301, "/docs/")]
    [InlineData("Exact", "/docs?a=b%2Fc", 301, "/docs/?a=b%2Fc")]
    [InlineData("Prefix", "/docs/", 200, "")]
    [InlineData("Prefix", "/taken", 200, "")]
    public async Task A_rule_that_ends_in_a_slash_may_be_redirected_to(string type, string target, int status, string location)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith([("slash-redirect", "true")], path: "/docs/", pathType: type)
            + IngressLab.IngressWith([("slash-redirect", "true")], name: "taken", path: "/taken/")
            + IngressLab.IngressWith([], name: "takes", path: "/taken")
            + IngressLab.IngressWith([], name: "rest", path: "/"));

        var answer = await lab.GetAsync(target, Deadline.Token);

        Assert.Equal(status, answer.Status);
        Assert.Equal(location, answer.Head["Location"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("false", false)]
    [InlineData("perhaps", true)]
    public async Task Without_it_the_slash_is_as_Kubernetes_has_it(string value, bool isReported)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("slash-redirect", value)], path: "/docs/"));

        Assert.Equal(200, (await lab.GetAsync("/docs", Deadline.Token)).Status);
        Assert.Equal(isReported, lab.ProblemsOf("slash-redirect").Any());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_pattern_that_could_stall_the_proxy_is_refused_and_its_neighbours_serve()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith([("use-regex", "true")], name: "bad", path: "/(?!x)a", pathType: "ImplementationSpecific")
            + IngressLab.IngressWith([("use-regex", "true")], name: "good", path: "/good", pathType: "ImplementationSpecific"));

        Assert.Equal(404, (await lab.GetAsync("/a", Deadline.Token)).Status);
        Assert.Equal(200, (await lab.GetAsync("/good", Deadline.Token)).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == "spec.rules[0].http.paths[0].path");
    }

    [Fact(Timeout = 30_000)]
    public async Task A_rewrite_with_groups_tells_the_application_its_prefix()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith(
                [("rewrite-target", "/$2"), ("x-forwarded-prefix", "/$1")], path: "/(app)(?:/|$)(.*)", pathType: "ImplementationSpecific"));

        await lab.GetAsync("/app/list?q=1", Deadline.Token);

        var seen = (await backend.NextAsync(Deadline.Token)).Head;
        Assert.Equal("/list?q=1", seen.Target);
        Assert.Equal("/app", seen["X-Forwarded-Prefix"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("")]
    [InlineData("no-path")]
    [InlineData("/a b")]
    public async Task Without_a_rewrite_or_with_a_bad_value_there_is_no_prefix(string prefix)
    {
        await using var backend = RawBackend.Answering();
        (string, string)[] rewrite = prefix.Length == 0 ? [] : [("rewrite-target", "/x")];
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address)
            + IngressLab.IngressWith([("x-forwarded-prefix", prefix.Length == 0 ? "/app" : prefix), .. rewrite]));

        await lab.GetAsync("/", Deadline.Token);

        Assert.Equal("", (await backend.NextAsync(Deadline.Token)).Head["X-Forwarded-Prefix"]);
        Assert.Contains(lab.Problems, problem => problem.Field == "metadata.annotations[nginx.ingress.kubernetes.io/x-forwarded-prefix]");
    }

    [Theory(Timeout = 30_000)]
    [InlineData("internal.example", "internal.example")]
    [InlineData("$ingress_name.$namespace.svc:8080", "web.default.svc:8080")]
    [InlineData("v2-${host}", "v2-app.example.com")]
    public async Task Upstream_vhost_is_what_the_endpoint_is_asked_for(string vhost, string seen)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("upstream-vhost", vhost)]));

        await lab.GetAsync("/", Deadline.Token);

        var head = (await backend.NextAsync(Deadline.Token)).Head;
        Assert.Equal([seen], head.All("Host"));
        Assert.Equal(Objects.Host, head["X-Forwarded-Host"]);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("$document_root")]
    [InlineData("a b")]
    [InlineData("x/y")]
    public async Task An_upstream_vhost_that_is_no_host_is_reported_and_the_request_keeps_its_own(string vhost)
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("upstream-vhost", vhost)]));

        await lab.GetAsync("/", Deadline.Token);

        Assert.Equal(Objects.Host, (await backend.NextAsync(Deadline.Token)).Head["Host"]);
        Assert.Contains(lab.Problems, problem => problem.Field == "metadata.annotations[nginx.ingress.kubernetes.io/upstream-vhost]");
    }

    [Fact(Timeout = 30_000)]
    public async Task Aliases_are_served_as_their_host_is_unless_somebody_has_rules_for_them()
    {
        await using var web = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nweb");
        await using var other = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother");
        var services = IngressLab.ServiceFor("web", web.Address) + IngressLab.ServiceFor("other", other.Address);
        var aliased = IngressLab.IngressWith([("server-alias", "alias.example.com, *.wild.example.com,taken.example.com")], path: "/app");
        var taken = IngressLab.IngressWith([], "other", "other", "taken.example.com");
        await using var lab = await IngressLab.StartAsync(services + aliased + taken);

        Assert.Equal("web", (await lab.GetAsync("/app", Deadline.Token, "alias.example.com")).Text);
        Assert.Equal("web", (await lab.GetAsync("/app", Deadline.Token, "one.wild.example.com")).Text);
        Assert.Equal(404, (await lab.GetAsync("/", Deadline.Token, "alias.example.com")).Status);
        Assert.Equal("other", (await lab.GetAsync("/app", Deadline.Token, "taken.example.com")).Text);

        lab.Write(services + aliased);
        Assert.Equal("web", (await lab.GetAsync("/app", Deadline.Token, "taken.example.com")).Text);

        lab.Write(services + IngressLab.IngressWith([], path: "/app"));
        Assert.Equal(404, (await lab.GetAsync("/app", Deadline.Token, "alias.example.com")).Status);
        Assert.Equal("web", (await lab.GetAsync("/app", Deadline.Token)).Text);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_alias_that_is_a_pattern_is_reported_and_the_host_serves()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("server-alias", "~^www\\d+\\.example$")]));

        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Contains(lab.Problems, problem => problem.Field == "metadata.annotations[nginx.ingress.kubernetes.io/server-alias]");
    }
}
