using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace EdgeProxy.EndToEnd.Tests.Admin;

/// <summary>Who may ask the admin port, what can be changed through it, and what it counts.</summary>
public sealed class AdminApiTests : IDisposable
{
    private const string Secret = "correct-horse-battery-staple";

    private readonly HttpClient _client = new();

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task With_a_token_only_probes_and_the_empty_page_are_open_and_a_rotated_file_holds_at_once()
    {
        using var folder = new ManifestFolder();
        using var secrets = new ManifestFolder();
        secrets.Write("token", Secret + "\n");
        var file = Path.Combine(secrets.Path, "token");
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--admin-token-file", file);

        foreach (var path in (string[])["/healthz", "/readyz", "/", "/page.js", "/page.css"])
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(proxy, path));
        }

        foreach (var path in (string[])["/metrics", "/api/v1/status", "/api/v1/log-level", "/nowhere"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(proxy, path));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(proxy, path, token: Secret + "x"));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(proxy, path, token: Secret[..^1]));
        }

        using var refused = await SendAsync(proxy, HttpMethod.Get, "/api/v1/status");
        Assert.Equal("unauthorized\n", await refused.Content.ReadAsStringAsync(Deadline));
        Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.ToString());
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(proxy, "/api/v1/status", token: Secret));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(proxy, "/metrics", token: Secret, host: "edge.example.com"));

        Assert.Equal(0, (await EdgeProxyProcess.RunAsync("status", "--admin", Admin(proxy), "--admin-token-file", file)).ExitCode);
        var without = await EdgeProxyProcess.RunAsync("status", "--admin", Admin(proxy));
        Assert.Equal(2, without.ExitCode);
        Assert.Contains("asks for its token; give --admin-token-file", without.Errors, StringComparison.Ordinal);

        secrets.Write("token", "another-token-of-enough-length");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(proxy, "/api/v1/status", token: Secret));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(proxy, "/api/v1/status", token: "another-token-of-enough-length"));
        Assert.DoesNotContain(Secret, proxy.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_token_file_that_is_none_is_refused_at_the_start_and_not_shown()
    {
        using var secrets = new ManifestFolder();
        secrets.Write("short", "hunter2");

        var tooShort = await EdgeProxyProcess.RunAsync("run", "--manifests", secrets.Path, "--admin-token-file", Path.Combine(secrets.Path, "short"));
        var missing = await EdgeProxyProcess.RunAsync("run", "--manifests", secrets.Path, "--admin-token-file", Path.Combine(secrets.Path, "gone"));

        Assert.Equal((2, 2), (tooShort.ExitCode, missing.ExitCode));
        Assert.Contains("--admin-token-file: must hold at least 16 characters", tooShort.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", tooShort.Errors, StringComparison.Ordinal);
        Assert.Contains("--admin-token-file: must be a file that can be read", missing.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Pages_of_others_may_neither_read_nor_change_anything()
    {
        using var folder = new ManifestFolder();
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);

        // A name somebody had lead here (DNS rebinding).
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(proxy, "/api/v1/status", host: "evil.example.com"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(proxy, "/", host: "evil.example.com:9180"));
        foreach (var own in (string[])["localhost:9180", "127.0.0.1", "[::1]:9180", "node-1", "admin.localhost", "edge.edgeproxy.svc", "edge.edgeproxy.svc.cluster.local"])
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(proxy, "/api/v1/status", host: own));
        }

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(proxy, "/healthz", host: "whatever.example.com"));

        // A page elsewhere that sends a request here: it could not read the answer, but a change would be one.
        using var posted = Request(proxy, HttpMethod.Put, "/api/v1/log-level");
        posted.Headers.Add("Origin", "https://evil.example.com");
        posted.Content = new StringContent("""{"level": "none"}""", Encoding.UTF8, "text/plain");
        using var answer = await _client.SendAsync(posted, Deadline);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        using var crossSite = Request(proxy, HttpMethod.Get, "/api/v1/status");
        crossSite.Headers.Add("Sec-Fetch-Site", "cross-site");
        crossSite.Headers.Add("Sec-Fetch-Mode", "no-cors");
        using var second = await _client.SendAsync(crossSite, Deadline);
        Assert.Equal(HttpStatusCode.Forbidden, second.StatusCode);
        using var own2 = Request(proxy, HttpMethod.Get, "/api/v1/status");
        own2.Headers.Add("Origin", Admin(proxy));
        using var third = await _client.SendAsync(own2, Deadline);
        Assert.Equal(HttpStatusCode.OK, third.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_page_allows_nothing_from_elsewhere()
    {
        using var folder = new ManifestFolder();
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);

        using var page = await SendAsync(proxy, HttpMethod.Get, "/");

        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        var html = await page.Content.ReadAsStringAsync(Deadline);
        Assert.DoesNotMatch("(src|href)=\"(?!/|#)", html);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_log_level_changes_while_it_runs()
    {
        using var folder = new ManifestFolder();
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);
        Assert.DoesNotContain("\"LogLevel\":\"Debug\"", proxy.Log, StringComparison.Ordinal);

        Assert.Equal("""{"level":"debug","configured":"information"}""", await SetLevelAsync(proxy, """{"level":"Debug"}"""));
        await StatusOfHttpAsync(proxy);
        await proxy.WaitForLogAsync("\"LogLevel\":\"Debug\"");
        Assert.Contains("The log level is Debug from now on", proxy.Log, StringComparison.Ordinal);

        Assert.Equal("""{"level":"error","configured":"information"}""", await SetLevelAsync(proxy, """{"level":"error"}"""));
        foreach (var wrong in (string[])["", "debug", "{}", """{"level":"loud"}""", """{"level":"3"}""", new string('x', 10_000)])
        {
            using var answer = await SendAsync(proxy, HttpMethod.Put, "/api/v1/log-level", wrong);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        Assert.Equal("error", (await GetAsync(proxy, "log-level")).GetProperty("level").GetString());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_drained_endpoint_keeps_its_connections_gets_no_new_ones_and_stays_drained_through_snapshots()
    {
        await using var one = await TestBackend.StartAsync("one");
        await using var two = await TestBackend.StartAsync("two");
        using var folder = new ManifestFolder();
        var port = EdgeProxyProcess.FreePort();
        folder.Write("web.yaml", ManifestFolder.Service("web", port, one.Port, two.Port));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--node-ip", "127.0.0.1");
        using var kept = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 });
        var whom = await kept.GetStringAsync($"http://127.0.0.1:{port}/", Deadline);
        var drained = whom == "one" ? one : two;
        var other = whom == "one" ? "two" : "one";

        using var answer = await SendAsync(proxy, HttpMethod.Post, $"/api/v1/endpoints/default/web/127.0.0.1:{drained.Port}/drain");
        var told = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Deadline)).RootElement.GetProperty("endpoints")[0];
        Assert.Equal((true, 1), (told.GetProperty("drained").GetBoolean(), told.GetProperty("open").GetInt32()));

        Assert.Equal(whom, await kept.GetStringAsync($"http://127.0.0.1:{port}/", Deadline));
        await OnlyAsync(other);
        folder.Write("more.yaml", ManifestFolder.Service("more", EdgeProxyProcess.FreePort(), one.Port));
        var manifest = ManifestFolder.Service("web", port, one.Port, two.Port);
        folder.Write("web.yaml", manifest.Replace("kind: Service\nmetadata: {name: web}", "kind: Service\nmetadata: {name: web, annotations: {edgeproxy.io/scheduler: wrr}}", StringComparison.Ordinal));
        await proxy.WaitForAsync(async () => (await GetAsync(proxy, "services?name=web")).GetProperty("services")[0].GetProperty("scheduler").GetString() == "wrr", "the change to be live");
        await OnlyAsync(other);

        var status = (await EdgeProxyProcess.RunAsync("status", "--admin", Admin(proxy))).Output;
        Assert.Contains("1 drained", status, StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{drained.Port} of default/web/TCP: drained", status, StringComparison.Ordinal);

        using var back = await SendAsync(proxy, HttpMethod.Post, $"/api/v1/endpoints/default/web/127.0.0.1:{drained.Port}/undrain");
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
        await proxy.WaitForAsync(async () => await AskAsync() == whom, "the endpoint to get connections again");

        // An endpoint that goes, and one of its address that comes, is another one.
        using var again = await SendAsync(proxy, HttpMethod.Post, $"/api/v1/endpoints/default/web/127.0.0.1:{drained.Port}/drain");
        folder.Write("web.yaml", ManifestFolder.Service("web", port, whom == "one" ? two.Port : one.Port));
        await proxy.WaitForAsync(async () => (await GetAsync(proxy, "status")).GetProperty("endpoints").GetProperty("drained").GetInt32() == 0, "the endpoint to go");
        folder.Write("web.yaml", ManifestFolder.Service("web", port, one.Port, two.Port));
        await proxy.WaitForAsync(async () => await AskAsync() == whom, "it to be back");

        async Task OnlyAsync(string expected)
        {
            for (var i = 0; i < 6; i++)
            {
                Assert.Equal(expected, await AskAsync());
            }
        }

        async Task<string> AskAsync()
        {
            using var fresh = new HttpClient();
            return await fresh.GetStringAsync($"http://127.0.0.1:{port}/", Deadline);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_drain_of_what_is_not_there_says_so()
    {
        await using var backend = await TestBackend.StartAsync("web");
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Service("web", EdgeProxyProcess.FreePort(), backend.Port));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);

        foreach (var (path, message) in ((string, string)[])[
            ("default/gone/127.0.0.1/drain", "there is no Service default/gone"),
            ("default/web/10.9.9.9/drain", "Service default/web has no endpoint 10.9.9.9"),
            ("default/web/127.0.0.1/stop", "it is POST /api/v1/endpoints/NAMESPACE/SERVICE/ADDRESS/drain or undrain")])
        {
            using var answer = await SendAsync(proxy, HttpMethod.Post, $"/api/v1/endpoints/{path}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.StartsWith(message, await answer.Content.ReadAsStringAsync(Deadline), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.MethodNotAllowed, await StatusAsync(proxy, "/api/v1/endpoints/default/web/127.0.0.1/drain"));
        using var byAddress = await SendAsync(proxy, HttpMethod.Post, "/api/v1/endpoints/default/web/127.0.0.1/drain");
        Assert.Equal(HttpStatusCode.OK, byAddress.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Lists_are_searched_and_paged_by_the_server_with_trouble_first()
    {
        await using var backend = await TestBackend.StartAsync("web");
        using var folder = new ManifestFolder();
        folder.Write("many.yaml", string.Join("\n---\n", Enumerable.Range(0, 30).Select(i => ManifestFolder.Service($"s{i:00}", EdgeProxyProcess.FreePort(), backend.Port))));
        folder.Write("sick.yaml", """{"apiVersion":"v1","kind":"Service","metadata":{"name":"zz"},"spec":{"selector":{"app":"nobody"},"ports":[{"port":80}]}}""");
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--node-ip", "127.0.0.1");

        Assert.Equal((31, "zz,s00,s01"), await NamesAsync("services?first=trouble&limit=3"));
        Assert.Equal((31, "s03,s04"), await NamesAsync("services?offset=3&limit=2"));
        Assert.Equal((10, "s10,s11"), await NamesAsync("services?q=DEFAULT/S1&limit=2"));
        Assert.Equal((30, "s00"), await NamesAsync($"services?q=127.0.0.1:{backend.Port}&limit=1"));
        Assert.Equal((0, ""), await NamesAsync("services?q=nothing-has-this"));

        async Task<(int Matching, string Names)> NamesAsync(string query)
        {
            var document = await GetAsync(proxy, query);
            return (document.GetProperty("matching").GetInt32(), string.Join(',', document.GetProperty("services").EnumerateArray().Select(service => service.GetProperty("name").GetString())));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_passes_is_counted_by_Service_and_route_across_changes()
    {
        await using var backend = await TestBackend.StartAsync("four");
        using var folder = new ManifestFolder();
        var port = EdgeProxyProcess.FreePort();
        folder.Write("web.yaml", ManifestFolder.Service("web", port, backend.Port));
        folder.Write("a.yaml", ManifestFolder.Ingress("web", "web.example.com", "web"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--node-ip", "127.0.0.1");
        await proxy.WaitForAsync(async () => await StatusOfHttpAsync(proxy) == HttpStatusCode.OK, "the route");
        var before = (await RouteAsync()).GetProperty("requests").GetInt64();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await StatusOfHttpAsync(proxy));
        }

        // Another Ingress of the host has its routes built anew; counters go on.
        folder.Write("b.yaml", ManifestFolder.Ingress("gone", "web.example.com", "nobody").Replace("path: /", "path: /none", StringComparison.Ordinal));
        await proxy.WaitForAsync(async () => (await GetAsync(proxy, "routes")).GetProperty("matching").GetInt32() == 2, "the second Ingress");
        var route = await RouteAsync();
        Assert.Equal((before + 5, 0), (route.GetProperty("requests").GetInt64(), route.GetProperty("errors").GetInt64()));
        Assert.Equal(4 * (before + 5), route.GetProperty("bytesSent").GetInt64());
        Assert.True(route.GetProperty("seconds").GetDouble() > 0);

        // A TCP connection that is still open: its bytes are told while it is.
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port, Deadline);
        await socket.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Deadline);
        Assert.True(await socket.GetStream().ReadAsync(new byte[100], Deadline) > 0);
        var service = (await GetAsync(proxy, "traffic")).GetProperty("services").EnumerateArray().Single();
        Assert.Equal("default/web/TCP", service.GetProperty("service").GetString());
        var traffic = service.GetProperty("traffic");
        Assert.Equal((1, before + 5), (traffic.GetProperty("connections").GetInt64(), traffic.GetProperty("requests").GetInt64()));
        Assert.Equal(27, traffic.GetProperty("bytesReceived").GetInt64());
        Assert.Equal(1, service.GetProperty("open").GetInt32());

        async Task<JsonElement> RouteAsync() => (await GetAsync(proxy, "routes")).GetProperty("routes").EnumerateArray()
            .Single(each => each.GetProperty("ingress").GetString() == "default/web").GetProperty("traffic");
    }

    private static string Admin(EdgeProxyProcess proxy) => $"http://127.0.0.1:{proxy.AdminPort}";

    private static HttpRequestMessage Request(EdgeProxyProcess proxy, HttpMethod method, string path) => new(method, $"{Admin(proxy)}{path}");

    private async Task<HttpResponseMessage> SendAsync(EdgeProxyProcess proxy, HttpMethod method, string path, string? body = null)
    {
        using var request = Request(proxy, method, path);
        request.Content = body is null ? null : new StringContent(body);
        return await _client.SendAsync(request, Deadline);
    }

    private async Task<HttpStatusCode> StatusAsync(EdgeProxyProcess proxy, string path, string? token = null, string? host = null)
    {
        using var request = Request(proxy, HttpMethod.Get, path);
        request.Headers.Host = host;
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await _client.SendAsync(request, Deadline);
        return answer.StatusCode;
    }

    private async Task<string> SetLevelAsync(EdgeProxyProcess proxy, string body)
    {
        using var answer = await SendAsync(proxy, HttpMethod.Put, "/api/v1/log-level", body);
        return await answer.Content.ReadAsStringAsync(Deadline);
    }

    private async Task<HttpStatusCode> StatusOfHttpAsync(EdgeProxyProcess proxy)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{proxy.HttpPort}/") { Headers = { Host = "web.example.com" } };
        using var answer = await _client.SendAsync(request, Deadline);
        return answer.StatusCode;
    }

    private async Task<JsonElement> GetAsync(EdgeProxyProcess proxy, string document) =>
        JsonDocument.Parse(await _client.GetStringAsync($"{Admin(proxy)}/api/v1/{document}", Deadline)).RootElement;
}
