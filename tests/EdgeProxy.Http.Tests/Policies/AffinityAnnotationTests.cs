using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>Annotations of the chapter Session affinity.</summary>
public sealed class AffinityAnnotationTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("balanced")]
    [InlineData("persistent")]
    [InlineData("sometimes")]
    public async Task A_client_stays_with_its_endpoint(string mode)
    {
        await using var farm = Farm.Start(5);
        await using var lab = await IngressLab.StartAsync(Manifests(farm, ("affinity", "cookie"), ("affinity-mode", mode)));

        var first = await lab.GetAsync("/", Deadline.Token);
        var cookie = CookieOf(first);

        Assert.Equal("Path=/; HttpOnly", first.Head["Set-Cookie"].Split("; ", 2)[1]);
        Assert.StartsWith("INGRESSCOOKIE=", cookie, StringComparison.Ordinal);
        for (var i = 0; i < 10; i++)
        {
            var answer = await lab.GetAsync("/", Deadline.Token, headers: $"Cookie: a=b; {cookie}\r\n");
            Assert.Equal(first.Text, answer.Text);
            Assert.Equal("", answer.Head["Set-Cookie"]);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task New_clients_spread_over_the_endpoints()
    {
        await using var farm = Farm.Start(3);
        await using var lab = await IngressLab.StartAsync(Manifests(farm, ("affinity", "cookie")));
        var seen = new HashSet<string>();
        for (var i = 0; i < 60; i++)
        {
            seen.Add((await lab.GetAsync("/", Deadline.Token)).Text);
        }

        Assert.Equal(3, seen.Count);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("balanced", "1700000000.123.456.789|0123456789abcdef0123456789abcdef")]
    [InlineData("persistent", "1700000000.123.456.789|0123456789abcdef0123456789abcdef")]
    [InlineData("persistent", "mAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("persistent", "")]
    public async Task A_cookie_that_is_not_ours_is_replaced(string mode, string value)
    {
        await using var farm = Farm.Start(2);
        await using var lab = await IngressLab.StartAsync(Manifests(farm, ("affinity", "cookie"), ("affinity-mode", mode)));

        var answer = await lab.GetAsync("/", Deadline.Token, headers: $"Cookie: INGRESSCOOKIE={value}\r\n");

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("INGRESSCOOKIE=m", answer.Head["Set-Cookie"], StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("balanced", false)]
    [InlineData("persistent", true)]
    public async Task A_client_whose_endpoint_left_gets_another(string mode, bool newCookie)
    {
        await using var farm = Farm.Start(3);
        var annotations = new[] { ("affinity", "cookie"), ("affinity-mode", mode) };
        await using var lab = await IngressLab.StartAsync(Manifests(farm, annotations));
        var first = await lab.GetAsync("/", Deadline.Token);
        var left = int.Parse(first.Text, System.Globalization.CultureInfo.InvariantCulture);

        lab.Write(IngressLab.ServiceFor("web", [.. farm.Addresses.Where((_, i) => i != left)]) + IngressLab.IngressWith(annotations));
        var second = await lab.GetAsync("/", Deadline.Token, headers: $"Cookie: {CookieOf(first)}\r\n");
        var third = await lab.GetAsync("/", Deadline.Token, headers: $"Cookie: {(newCookie ? CookieOf(second) : CookieOf(first))}\r\n");

        Assert.NotEqual(first.Text, second.Text);
        Assert.Equal(newCookie, second.Head["Set-Cookie"].Length > 0);
        Assert.Equal(second.Text, third.Text);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("balanced", "true")]
    [InlineData("balanced", "false")]
    [InlineData("persistent", "true")]
    [InlineData("persistent", "false")]
    public async Task A_client_whose_endpoint_fails_changes_when_it_is_told_to(string mode, string change)
    {
        using var dead = DeadEndpoint.Refusing();
        await using var good = RawBackend.Answering();
        var annotations = new[] { ("affinity", "cookie"), ("affinity-mode", mode), ("session-cookie-change-on-failure", change) };
        await using var first = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
        await using var lab = await IngressLab.StartAsync(IngressLab.ServiceFor("web", dead.Address, good.Address) + IngressLab.IngressWith(annotations));

        // Whoever is bound to the dead one shows it by a second try. Without a cookie half of the clients are.
        string? bound = null;
        for (var i = 0; i < 100 && bound is null; i++)
        {
            var answer = await lab.GetAsync("/", Deadline.Token);
            Assert.Equal(200, answer.Status);
            if (lab.Proxy.Log.Lines.Last(line => line.EventId == 310).Field("Tries") == "2")
            {
                bound = CookieOf(answer);
            }
        }

        Assert.NotNull(bound);
        var again = await lab.GetAsync("/", Deadline.Token, headers: $"Cookie: {bound}\r\n");
        Assert.Equal(200, again.Status);
        if (change == "true")
        {
            // The cookie of the failed try already names the endpoint that served.
            Assert.Equal("1", lab.Proxy.Log.Lines.Last(line => line.EventId == 310).Field("Tries"));
        }

        Assert.Equal("", again.Head["Set-Cookie"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_cookie_has_every_attribute_that_is_asked_for()
    {
        await using var farm = Farm.Start(2);
        await using var lab = await IngressLab.StartAsync(Manifests(
            farm,
            ("affinity", "cookie"),
            ("session-cookie-name", "route"),
            ("session-cookie-expires", "172800"),
            ("session-cookie-max-age", "3600"),
            ("session-cookie-path", "/app"),
            ("session-cookie-domain", "example.com"),
            ("session-cookie-samesite", "none"),
            ("session-cookie-conditional-samesite-none", "true"),
            ("session-cookie-secure", "true")));

        var modern = (await lab.GetAsync("/", Deadline.Token, headers: "User-Agent: Mozilla/5.0 Chrome/120.0\r\n")).Head["Set-Cookie"];
        var old = (await lab.GetAsync("/", Deadline.Token, headers: "User-Agent: Mozilla/5.0 Chrome/66.0\r\n")).Head["Set-Cookie"];

        Assert.Matches(
            "^route=m[A-Za-z0-9_-]{44}; Expires=[A-Z][a-z]{2}, .* GMT; Max-Age=3600; Domain=example.com; Path=/app; Secure; HttpOnly; SameSite=None$", modern);
        Assert.EndsWith("; Secure; HttpOnly", old, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Over_https_the_cookie_is_secure()
    {
        await using var farm = Farm.Start(2);
        await using var lab = await IngressLab.StartAsync(Manifests(farm, ("affinity", "cookie"), ("session-cookie-secure", "false")));
        using var client = await lab.Proxy.ConnectTlsAsync(Deadline.Token);

        var answer = await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", Deadline.Token);

        Assert.EndsWith("; Path=/; Secure; HttpOnly", answer.Head["Set-Cookie"], StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("session-cookie-name", "a b")]
    [InlineData("session-cookie-path", "/; Domain=evil.example")]
    [InlineData("session-cookie-domain", "a;b")]
    [InlineData("session-cookie-samesite", "sometimes")]
    [InlineData("session-cookie-max-age", "long")]
    public async Task An_attribute_that_is_none_is_reported_and_left_out(string annotation, string value)
    {
        await using var farm = Farm.Start(2);
        await using var lab = await IngressLab.StartAsync(Manifests(farm, ("affinity", "cookie"), (annotation, value)));

        var cookie = (await lab.GetAsync("/", Deadline.Token)).Head["Set-Cookie"];

        Assert.Matches("^INGRESSCOOKIE=m[A-Za-z0-9_-]{44}; Path=/; HttpOnly$", cookie);
        Assert.Single(lab.ProblemsOf(annotation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Replicas_with_one_key_honour_each_others_cookies()
    {
        await using var farm = Farm.Start(5);
        var manifests = Manifests(farm, ("affinity", "cookie"), ("affinity-mode", "persistent"));
        await using var one = await IngressLab.StartAsync(manifests, http: options => options.AffinityKey = "shared");
        await using var two = await IngressLab.StartAsync(manifests, http: options => options.AffinityKey = "shared");

        var first = await one.GetAsync("/", Deadline.Token);
        var second = await two.GetAsync("/", Deadline.Token, headers: $"Cookie: {CookieOf(first)}\r\n");

        Assert.Equal(first.Text, second.Text);
        Assert.Equal("", second.Head["Set-Cookie"]);
    }

    private static string Manifests(Farm farm, params (string, string)[] annotations) =>
        IngressLab.ServiceFor("web", farm.Addresses) + IngressLab.IngressWith(annotations);

    private static string CookieOf(HttpAnswer answer) => answer.Head["Set-Cookie"].Split(';')[0];
}
