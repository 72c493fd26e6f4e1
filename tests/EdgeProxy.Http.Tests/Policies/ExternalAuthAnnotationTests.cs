using System.Net;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Tests.Policies;

/// <summary>
/// Annotations of the chapter External authentication, from the manifest to the wire, with a service that speaks as oauth2-proxy does: 202 and
/// X-Auth-Request-* for who has its cookie, 401 for who has not.
/// </summary>
public sealed class ExternalAuthAnnotationTests
{
    private const string Url = "http://oauth2-proxy.default.svc.cluster.local/oauth2/auth";
    private const string Yes = "HTTP/1.1 202 Accepted\r\nX-Auth-Request-User: ann\r\nX-Forwarded-User: ann\r\nSet-Cookie: session=2\r\nContent-Length: 0\r\n\r\n";
    private const string No = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nSet-Cookie: csrf=1\r\nContent-Length: 5\r\n\r\nlogin";

    [Fact(Timeout = 30_000)]
    public async Task Yes_lets_the_request_through_with_the_services_headers_and_cookie()
    {
        await using var world = await World.StartAsync(Yes, ("auth-response-headers", "X-Auth-Request-User, X-Forwarded-User, X-Auth-Request-Email, Content-Language"));

        var answer = await world.Lab.GetAsync(
            "/path?query", Deadline.Token, headers: "X-Auth-Request-User: root\r\nX-Auth-Request-Email: root@example.com\r\nCookie: a=b\r\nX-Request-ID: r-1\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal("session=2", answer.Head["Set-Cookie"]);
        var question = (await world.Auth.NextAsync(Deadline.Token)).Head;
        Assert.Equal("GET /oauth2/auth HTTP/1.1", question.First);
        Assert.Equal("oauth2-proxy.default.svc.cluster.local", question["Host"]);
        Assert.Equal($"http://{Objects.Host}/path?query", question["X-Original-URL"]);
        Assert.Equal("GET", question["X-Original-Method"]);
        Assert.Equal("/path?query", question["X-Auth-Request-Redirect"]);
        Assert.Equal("127.0.0.1", question["X-Real-IP"]);
        Assert.Equal("127.0.0.1", question["X-Forwarded-For"]);
        Assert.Equal("a=b", question["Cookie"]);
        Assert.Equal("r-1", question["X-Request-ID"]);
        var forwarded = (await world.Backend.NextAsync(Deadline.Token)).Head;
        Assert.Equal("ann", forwarded["X-Auth-Request-User"]);
        Assert.Equal("ann", forwarded["X-Forwarded-User"]);
        Assert.Equal("", forwarded["X-Auth-Request-Email"]); // not the client's either
        Assert.Equal("r-1", forwarded["X-Request-ID"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task No_is_a_401_with_the_services_challenge_and_the_endpoint_is_not_asked()
    {
        await using var world = await World.StartAsync(No);

        var answer = await world.Lab.GetAsync("/", Deadline.Token);

        Assert.Equal(401, answer.Status);
        Assert.Equal("Bearer", answer.Head["WWW-Authenticate"]);
        Assert.Equal("", answer.Head["Set-Cookie"]);
        Assert.Equal(0, world.Backend.Connections);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("403 Forbidden", 403, "auth_denied")]
    [InlineData("302 Found", 500, "auth_failed")]
    [InlineData("404 Not Found", 500, "auth_failed")]
    [InlineData("503 Service Unavailable", 500, "auth_failed")]
    public async Task Any_other_answer_keeps_the_request_out(string status, int expected, string reason)
    {
        await using var world = await World.StartAsync($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");

        var answer = await world.Lab.GetAsync("/", Deadline.Token);

        Assert.Equal(expected, answer.Status);
        Assert.Contains(reason, answer.Text, StringComparison.Ordinal);
        Assert.Equal(0, world.Backend.Connections);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("https://$host/oauth2/start", null, "https://app.example.com/oauth2/start?rd=http://app.example.com%2Fpath%3Fa%3Db%26c")]
    [InlineData("https://login.example/start?x=y", "next", "https://login.example/start?x=y&next=http://app.example.com%2Fpath%3Fa%3Db%26c")]
    [InlineData("https://login.example/start?rd=$escaped_request_uri", null, "https://login.example/start?rd=%2Fpath%3Fa%3Db%26c")]
    [InlineData("/login", null, "/login?rd=http://app.example.com%2Fpath%3Fa%3Db%26c")]
    public async Task No_sends_a_browser_to_the_login_page_and_back(string signIn, string? parameter, string location)
    {
        (string, string)[] more = parameter is null ? [] : [("auth-signin-redirect-param", parameter)];
        await using var world = await World.StartAsync(No, [("auth-signin", signIn), .. more]);

        var answer = await world.Lab.GetAsync("/path?a=b&c", Deadline.Token);

        Assert.Equal(302, answer.Status);
        Assert.Equal(location, answer.Head["Location"]);
        Assert.Equal("csrf=1", answer.Head["Set-Cookie"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Cookies_go_on_errors_too_where_that_is_asked()
    {
        await using var world = await World.StartAsync(No, ("auth-always-set-cookie", "true"));

        Assert.Equal("csrf=1", (await world.Lab.GetAsync("/", Deadline.Token)).Head["Set-Cookie"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_question_is_as_the_annotations_ask()
    {
        await using var world = await World.StartAsync(
            Yes,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {X-Tenant: acme, X-Uri: $request_uri}\n",
            ("auth-method", "POST"), ("auth-request-redirect", "https://$host/back"), ("auth-proxy-set-headers", "extra"));

        Assert.Equal(200, (await world.Lab.GetAsync("/p%20q", Deadline.Token, headers: "X-Tenant: mine\r\nX-Scheme: gopher\r\n")).Status);

        var question = (await world.Auth.NextAsync(Deadline.Token)).Head;
        Assert.Equal("POST /oauth2/auth HTTP/1.1", question.First);
        Assert.Equal("/p%20q", question["X-Original-URI"]);
        Assert.Equal("http", question["X-Scheme"]);
        Assert.Equal($"https://{Objects.Host}/back", question["X-Auth-Request-Redirect"]);
        Assert.Equal("acme", question["X-Tenant"]);
        Assert.Equal("/p%20q", question["X-Uri"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task Variables_are_filled_in_and_cannot_leave_their_place()
    {
        await using var world = await World.StartAsync(
            Yes, ("auth-url", "http://oauth2-proxy.default.svc/check?t=$http_x_token&c=$cookie_sid&a=$arg_a&m=$request_method"));

        await world.Lab.GetAsync("/?a=1", Deadline.Token, headers: "X-Token: x HTTP/1.1 #\r\nCookie: sid=s%201\r\n");

        Assert.Equal(
            "GET /check?t=x%20HTTP/1.1%20%23&c=s%201&a=1&m=GET HTTP/1.1", (await world.Auth.NextAsync(Deadline.Token)).Head.First);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_upload_is_refused_before_its_body_is_read()
    {
        await using var world = await World.StartAsync(No);
        using var client = await world.Lab.Proxy.ConnectAsync(Deadline.Token);

        var answer = await client.AskAsync(
            $"POST / HTTP/1.1\r\nHost: {Objects.Host}\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n", Deadline.Token);

        Assert.Equal(401, answer.Status);
        var question = await world.Auth.NextAsync(Deadline.Token);
        Assert.Equal("GET", question.Head.First.Split(' ')[0]);
        Assert.Equal("", question.Head["Content-Length"] + question.Head["Content-Type"] + question.Head["Expect"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_client_that_leaves_ends_the_question()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var auth = RawBackend.Doing(async (backend, wire, _, cancel) =>
        {
            await backend.ReadRequestAsync(wire, cancel);
            await wire.ReadToEndAsync(cancel);
            ended.SetResult();
        });
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(World.Manifests(auth, backend, "", [("auth-url", Url)]));

        using (var client = await lab.Proxy.ConnectAsync(Deadline.Token))
        {
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: {Objects.Host}\r\n\r\n", Deadline.Token);
            await auth.NextAsync(Deadline.Token);
        }

        await ended.Task.WaitAsync(Deadline.Token);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_service_that_does_not_answer_in_time_keeps_the_request_out()
    {
        var time = new ManualTimeProvider();
        await using var auth = RawBackend.Doing(async (backend, wire, _, cancel) =>
        {
            await backend.ReadRequestAsync(wire, cancel);
            await wire.ReadToEndAsync(cancel);
        });
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(World.Manifests(auth, backend, "", [("auth-url", Url)]), time: time);

        var asking = lab.GetAsync("/", Deadline.Token);
        await auth.NextAsync(Deadline.Token);
        time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(500, (await asking).Status);
        Assert.Equal(0, backend.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_service_without_endpoints_keeps_the_request_out()
    {
        using var dead = DeadEndpoint.Refusing();
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.ServiceFor("oauth2-proxy", dead.Address)
            + IngressLab.IngressWith([("auth-url", Url)]));

        Assert.Equal(500, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Equal(0, backend.Connections);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("http://127.0.0.1:{0}/", false, 500)]
    [InlineData("http://localhost:{0}/", false, 500)]
    [InlineData("http://127.0.0.1:{0}/", true, 200)]
    public async Task The_proxys_own_machine_is_not_asked_unless_that_is_allowed(string url, bool allowed, int status)
    {
        await using var auth = RawBackend.Answering(Yes);
        await using var backend = RawBackend.Answering();
        url = string.Format(System.Globalization.CultureInfo.InvariantCulture, url, auth.Address.Port);
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("auth-url", url)]),
            http: options => options.UnsafeLocalTargets = allowed);

        Assert.Equal(status, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Equal(allowed ? 1 : 0, auth.Connections);
    }

    [Theory]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("::1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.0.0.7", true)]
    [InlineData("2001:db8::1", true)]
    public void Link_local_addresses_are_no_targets(string address, bool allowed) => Assert.Equal(allowed, !LocalTargets.Contains(IpAddr.From(IPAddress.Parse(address))));

    [Fact(Timeout = 30_000)]
    public async Task A_question_that_comes_back_to_a_route_that_asks_is_an_error_and_no_loop()
    {
        await using var world = await World.StartAsync(Yes);

        Assert.Equal(500, (await world.Lab.GetAsync("/", Deadline.Token, headers: "X-Sent-From: edgeproxy\r\n")).Status);
        Assert.Equal(0, world.Auth.Connections);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_verdict_is_kept_by_its_key_until_its_time_is_over()
    {
        var time = new ManualTimeProvider();
        await using var auth = RawBackend.Answering("HTTP/1.1 200 OK\r\nX-User: ann\r\nContent-Length: 0\r\n\r\n");
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            World.Manifests(auth, backend, "", [("auth-url", Url), ("auth-cache-key", "$cookie_s"), ("auth-cache-duration", "200 1m"), ("auth-response-headers", "X-User")]),
            time: time);

        async Task AskAsync(string cookie)
        {
            Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token, headers: $"Cookie: s={cookie}\r\n")).Status);
            Assert.Equal("ann", (await backend.NextAsync(Deadline.Token)).Head["X-User"]);
        }

        await AskAsync("1");
        await AskAsync("1");
        await AskAsync("2");
        time.Advance(TimeSpan.FromMinutes(1));
        await AskAsync("1");

        Assert.Equal(["s=1", "s=2", "s=1"], await CookiesAsync(auth, 3));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("Set-Cookie: a=b")]
    [InlineData("Cache-Control: no-store")]
    public async Task A_verdict_for_one_request_alone_is_not_kept(string header)
    {
        await using var world = await World.StartAsync($"HTTP/1.1 200 OK\r\n{header}\r\nContent-Length: 0\r\n\r\n", ("auth-cache-key", "x"));

        await world.Lab.GetAsync("/", Deadline.Token);
        await world.Lab.GetAsync("/", Deadline.Token);

        await world.Auth.NextAsync(Deadline.Token);
        await world.Auth.NextAsync(Deadline.Token);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("auth-url", "oauth2-proxy/auth")]
    [InlineData("auth-url", "ftp://oauth2-proxy/auth")]
    [InlineData("auth-url", "http://$http_x_target/auth")]
    [InlineData("auth-url", "http://user@oauth2-proxy/auth")]
    [InlineData("auth-url", "http://oauth2-proxy/auth?x=$uptime")]
    [InlineData("auth-signin", "https://login.example/?x=$nginx_version")]
    [InlineData("auth-signin", "javascript:alert(1)")]
    [InlineData("auth-method", "GET /x")]
    [InlineData("auth-response-headers", "X-User; more_set_headers")]
    [InlineData("auth-proxy-set-headers", "missing")]
    [InlineData("auth-cache-key", "$unknown")]
    [InlineData("auth-cache-duration", "soon")]
    [InlineData("auth-snippet", "return 200;")]
    public async Task What_cannot_be_asked_closes_the_ingress(string annotation, string value)
    {
        await using var world = await World.StartAsync(Yes, (annotation, value));

        var answer = await world.Lab.GetAsync("/", Deadline.Token);

        Assert.Equal(503, answer.Status);
        Assert.Contains("closed", answer.Text, StringComparison.Ordinal);
        Assert.Contains(world.Lab.Problems, problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{annotation}]");
    }

    [Fact(Timeout = 30_000)]
    public async Task A_rule_without_host_does_not_let_the_client_name_who_is_asked()
    {
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([("auth-url", "http://$host/auth")], host: "\"\""));

        Assert.Equal(503, (await lab.GetAsync("/", Deadline.Token, host: "evil.example")).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_config_maps_service_is_asked_for_all_but_those_that_opt_out()
    {
        await using var auth = RawBackend.Answering(No);
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            World.Manifests(auth, backend, "", [])
            + IngressLab.IngressWith([("enable-global-auth", "false")], name: "open", host: "open.example.com")
            + IngressLab.IngressWith([], name: "solver", path: "/.well-known/acme-challenge/x"),
            configuration: [("global-auth-url", Url), ("global-auth-signin", "https://login.example/")]);

        Assert.Equal(302, (await lab.GetAsync("/", Deadline.Token)).Status);
        Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token, host: "open.example.com")).Status);
        Assert.Equal(200, (await lab.GetAsync("/.well-known/acme-challenge/x", Deadline.Token)).Status);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_service_behind_the_same_host_is_reached_through_an_ingress_of_its_own()
    {
        // oauth2-proxy's documentation: one Ingress with the annotations, one for /oauth2 without.
        await using var auth = await KestrelBackend.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Cookies.ContainsKey("_oauth2_proxy") ? 202 : 401;
            context.Response.Headers["X-Auth-Request-User"] = "ann";
            return Task.CompletedTask;
        });
        await using var backend = RawBackend.Answering();
        await using var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.ServiceFor("oauth2-proxy", auth.Address)
            + IngressLab.IngressWith(
                [("auth-url", Url), ("auth-signin", "http://$host/oauth2/start?rd=$escaped_request_uri"), ("auth-response-headers", "X-Auth-Request-User")])
            + IngressLab.IngressWith([], service: "oauth2-proxy", name: "oauth2", path: "/oauth2"));

        var refused = await lab.GetAsync("/reports", Deadline.Token);
        Assert.Equal("http://app.example.com/oauth2/start?rd=%2Freports", refused.Head["Location"]);
        Assert.Equal(202, (await lab.GetAsync("/oauth2/start", Deadline.Token, headers: "Cookie: _oauth2_proxy=1\r\n")).Status);
        Assert.Equal(200, (await lab.GetAsync("/reports", Deadline.Token, headers: "Cookie: _oauth2_proxy=1\r\n")).Status);
        Assert.Equal("ann", (await backend.NextAsync(Deadline.Token)).Head["X-Auth-Request-User"]);
    }

    private static async Task<List<string>> CookiesAsync(RawBackend auth, int count)
    {
        List<string> cookies = [];
        while (cookies.Count < count)
        {
            cookies.Add((await auth.NextAsync(Deadline.Token)).Head["Cookie"]);
        }

        return cookies;
    }

    /// <summary>An Ingress, its endpoint, and the service that is asked, which always answers the same.</summary>
    private sealed class World(RawBackend auth, RawBackend backend, IngressLab lab) : IAsyncDisposable
    {
        public RawBackend Auth => auth;

        public RawBackend Backend => backend;

        public IngressLab Lab => lab;

        public static Task<World> StartAsync(string answer, params (string Name, string Value)[] annotations) => StartAsync(answer, "", annotations);

        public static async Task<World> StartAsync(string answer, string objects, params (string Name, string Value)[] annotations)
        {
            var auth = RawBackend.Answering(answer);
            var backend = RawBackend.Answering();
            (string, string)[] url = Array.Exists(annotations, entry => entry.Name == "auth-url") ? [] : [("auth-url", Url)];
            return new World(auth, backend, await IngressLab.StartAsync(Manifests(auth, backend, objects, [.. url, .. annotations])));
        }

        public static string Manifests(RawBackend auth, RawBackend backend, string objects, (string Name, string Value)[] annotations) =>
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.ServiceFor("oauth2-proxy", auth.Address) + objects + IngressLab.IngressWith(annotations);

        public async ValueTask DisposeAsync()
        {
            await lab.DisposeAsync();
            await auth.DisposeAsync();
            await backend.DisposeAsync();
        }
    }
}
