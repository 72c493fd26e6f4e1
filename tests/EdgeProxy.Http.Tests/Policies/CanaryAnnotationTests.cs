using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model.Explaining;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Canary.</summary>
public sealed class CanaryAnnotationTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("X-Canary: always\r\n", "canary0")]
    [InlineData("X-Canary: never\r\nCookie: beta=always\r\n", "main0")]
    [InlineData("X-Canary: perhaps\r\nCookie: beta=always\r\n", "canary0")]
    [InlineData("X-Canary: perhaps\r\nCookie: beta=never\r\n", "main0")]
    [InlineData("", "main0")]
    public async Task Header_then_cookie_then_weight_decide(string headers, string expected)
    {
        await using var lab = await Lab.StartAsync(("canary-by-header", "X-Canary"), ("canary-by-cookie", "beta"), ("canary-weight", "0"));

        Assert.Equal(expected, (await lab.GetAsync(headers)).Text);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("canary-by-header-value", "blue", "blue", "canary0")]
    [InlineData("canary-by-header-value", "blue", "always", "main0")]
    [InlineData("canary-by-header-pattern", "^gr(een|ey)$", "green", "canary0")]
    [InlineData("canary-by-header-pattern", "^gr(een|ey)$", "always", "main0")]
    [InlineData("canary-by-header-pattern", "(?=look)ahead", "always", "main0")]
    public async Task A_header_decides_by_value_or_pattern(string annotation, string rule, string value, string expected)
    {
        await using var lab = await Lab.StartAsync(("canary-by-header", "X-Canary"), (annotation, rule));

        Assert.Equal(expected, (await lab.GetAsync($"X-Canary: {value}\r\n")).Text);
        Assert.Equal(rule.StartsWith("(?=", StringComparison.Ordinal) ? 1 : 0, lab.Ingress.ProblemsOf(annotation).Count());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_broken_pattern_leaves_requests_with_the_header_to_the_main_backend()
    {
        await using var lab = await Lab.StartAsync(("canary-by-header", "X-Canary"), ("canary-by-header-pattern", "("), ("canary-weight", "100"));

        Assert.Equal("main0", (await lab.GetAsync("X-Canary: any\r\n")).Text);
        Assert.Equal("canary0", (await lab.GetAsync("")).Text);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("0", "100", 0, 0)]
    [InlineData("100", "100", 200, 200)]
    [InlineData("50", "100", 50, 150)]
    [InlineData("500", "1000", 50, 150)]
    [InlineData("100", "10", 200, 200)]
    public async Task Weight_shares_what_is_left(string weight, string total, int least, int most)
    {
        await using var lab = await Lab.StartAsync(("canary-weight", weight), ("canary-weight-total", total));
        var canaries = 0;
        for (var i = 0; i < 200; i++)
        {
            canaries += (await lab.GetAsync("")).Text == "canary0" ? 1 : 0;
        }

        // 50 of 200 with chance a half: less than one in 10^12.
        Assert.InRange(canaries, least, most);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_canary_with_the_earlier_name_shadows_nobody()
    {
        await using var lab = await Lab.StartAsync(("canary-weight", "0"));

        Assert.Empty(lab.Ingress.Problems);
        var explained = RouteExplainer.Explain(lab.Ingress.Proxy.Snapshots.Current.Routes, Objects.Host, "/");
        Assert.Equal(Objects.Name("web").ToString(), Assert.Single(explained.Candidates, rule => rule.IsChosen).Ingress);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_canary_alone_serves_nothing_and_is_reported()
    {
        await using var farm = Farm.Start(1);
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("new", farm.Addresses)
            + IngressLab.IngressWith([("canary", "true"), ("canary-weight", "100")], service: "new", name: "new"));

        Assert.Equal(404, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Contains(lab.Problems, problem => problem.Message.Contains("a canary alone serves nothing", StringComparison.Ordinal));
    }

    [Fact(Timeout = 30_000)]
    public async Task Another_path_or_type_is_not_its_alternative()
    {
        await using var lab = await Lab.StartAsync([("canary-weight", "100")], canaryType: "Exact");

        Assert.Equal("main0", (await lab.GetAsync("")).Text);
        Assert.Contains(lab.Ingress.Problems, problem => problem.Message.Contains("a canary alone serves nothing", StringComparison.Ordinal));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_rule_has_one_canary_and_further_ones_are_reported()
    {
        await using var lab = await Lab.StartAsync(
            [("canary-weight", "100")],
            extra: IngressLab.IngressWith([("canary", "true"), ("canary-by-header", "X-Z")], service: "web", name: "zzz"));

        Assert.Equal("canary0", (await lab.GetAsync("X-Z: always\r\n")).Text);
        var problem = Assert.Single(lab.Ingress.Problems, problem => problem.Message.Contains("has a canary already", StringComparison.Ordinal));
        Assert.Equal(Objects.Name("zzz"), problem.Object);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_canary_without_endpoints_leaves_its_requests_to_the_main_backend()
    {
        await using var main = Farm.Start(1, "main");
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", main.Addresses) + IngressLab.ServiceFor("new")
            + IngressLab.IngressWith([])
            + IngressLab.IngressWith([("canary", "true"), ("canary-weight", "100")], service: "new", name: "new"));

        Assert.Equal("main0", (await lab.GetAsync("/", Deadline.Token)).Text);
    }

    [Fact(Timeout = 30_000)]
    public async Task Other_annotations_of_a_canary_count_for_nothing()
    {
        await using var lab = await Lab.StartAsync(("canary-weight", "100"), ("permanent-redirect", "/elsewhere"), ("app-root", "/elsewhere"));

        Assert.Equal("canary0", (await lab.GetAsync("")).Text);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("sticky")]
    [InlineData("legacy")]
    public async Task Bound_clients_stay_on_their_side_unless_affinity_is_legacy(string behavior)
    {
        await using var lab = await Lab.StartAsync(
            [("canary-weight", "50"), ("affinity-canary-behavior", behavior)], main: [("affinity", "cookie")]);
        HttpAnswer first;
        do
        {
            first = await lab.GetAsync("");
        }
        while (first.Head["Set-Cookie"].Length == 0);

        var cookie = first.Head["Set-Cookie"].Split(';')[0];
        var seen = new HashSet<string>();
        for (var i = 0; i < 60; i++)
        {
            seen.Add((await lab.GetAsync($"Cookie: {cookie}\r\n")).Text);
        }

        Assert.Equal(behavior == "sticky" ? 1 : 2, seen.Count);
    }

    private sealed class Lab(IngressLab ingress, Farm main, Farm canary) : IAsyncDisposable
    {
        public IngressLab Ingress => ingress;

        public static Task<Lab> StartAsync(params (string, string)[] annotations) => StartAsync(annotations, canaryType: "Prefix");

        public static async Task<Lab> StartAsync(
            (string, string)[] annotations, string canaryType = "Prefix", string extra = "", (string, string)[]? main = null)
        {
            var (old, young) = (Farm.Start(1, "main"), Farm.Start(1, "canary"));
            var lab = await IngressLab.StartAsync(
                IngressLab.ServiceFor("web", old.Addresses) + IngressLab.ServiceFor("new", young.Addresses)
                + IngressLab.IngressWith(main ?? [])
                + IngressLab.IngressWith([("canary", "true"), .. annotations], service: "new", name: "new", pathType: canaryType)
                + extra);
            return new Lab(lab, old, young);
        }

        public Task<HttpAnswer> GetAsync(string headers) => ingress.GetAsync("/", Deadline.Token, headers: headers);

        public async ValueTask DisposeAsync()
        {
            await ingress.DisposeAsync();
            await main.DisposeAsync();
            await canary.DisposeAsync();
        }
    }
}
