using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary><c>edgeproxy status</c> and the documents of the admin port.</summary>
public sealed class StatusTests : IDisposable
{
    private readonly HttpClient _client = new();

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public void Dispose() => _client.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task With_manifests_it_says_what_is_live()
    {
        using var folder = new ManifestFolder();
        await using var backend = await TestBackend.StartAsync("web");
        var nodePort = EdgeProxyProcess.FreePort();
        folder.Write("web.yaml", ManifestFolder.Service("web", nodePort, backend.Port));
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web") + "\n---\n" + ManifestFolder.Ingress("lost", "lost.example.com", "gone"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--node-ip", "127.0.0.1", "--node-name", "n1");

        var (exitCode, text, _) = await EdgeProxyProcess.RunAsync("status", "--admin", Admin(proxy));

        Assert.Equal(0, exitCode);
        Assert.Contains("on n1, up ", text, StringComparison.Ordinal);
        Assert.Contains("\nready        yes\n", text, StringComparison.Ordinal);
        Assert.Contains($"\nsource       {folder.Path}\n", text, StringComparison.Ordinal);
        Assert.Contains("\nservices     1 with 1 ports\n", text, StringComparison.Ordinal);
        Assert.Contains("\nendpoints    1: 1 ready\n", text, StringComparison.Ordinal);
        Assert.Contains("\nroutes       2 on 2 hosts from 2 Ingresses: 1 forward, 1 without a Service\n", text, StringComparison.Ordinal);
        Assert.Matches("\nproblems     0 errors, [1-9][0-9]* warnings, ", text);

        var service = Assert.Single((await GetAsync(proxy, "services?namespace=default&name=web")).GetProperty("services").EnumerateArray().ToList());
        var port = service.GetProperty("ports")[0];
        Assert.Equal(nodePort, port.GetProperty("nodePort").GetInt32());
        Assert.Equal($"127.0.0.1:{backend.Port}", port.GetProperty("endpoints")[0].GetProperty("address").GetString());
        Assert.Equal("ready", port.GetProperty("endpoints")[0].GetProperty("state").GetString());
        var frontend = service.GetProperty("frontends").EnumerateArray().Single(each => each.GetProperty("kind").GetString() == "NodePort");
        Assert.Equal(($"127.0.0.1:{nodePort}/TCP", "listening"), (frontend.GetProperty("address").GetString(), frontend.GetProperty("state").GetString()));
        Assert.Empty((await GetAsync(proxy, "services?name=other")).GetProperty("services").EnumerateArray().ToList());

        var routes = (await GetAsync(proxy, "routes")).GetProperty("routes").EnumerateArray().Select(route => $"{Text(route, "host")}{Text(route, "path")} {Text(route, "type")} {Text(route, "ingress")} {Text(route, "backend")} {Text(route, "state")}");
        Assert.Equal(
            ["lost.example.com/ Prefix default/lost default/gone:80 backendMissing", "web.example.com/ Prefix default/web default/web:80 forwards"], routes);
        var problem = (await GetAsync(proxy, "problems")).GetProperty("problems").EnumerateArray().Single(each => Text(each, "reason") == "BackendMissing");
        Assert.Equal(("warning", "Ingress", "default", "lost"), (Text(problem, "severity"), Text(problem, "kind"), Text(problem, "namespace"), Text(problem, "name")));
        Assert.EndsWith("ingress.yaml", Text(problem, "file"), StringComparison.Ordinal);
        Assert.Empty((await GetAsync(proxy, "certificates")).GetProperty("certificates").EnumerateArray().ToList());
    }

    [Fact(Timeout = 120_000)]
    public async Task In_a_cluster_it_says_how_the_API_server_is_who_leads_and_how_late_changes_are()
    {
        await using var cluster = await FakeCluster.StartAsync();
        await using var backends = new NamingBackends();
        var port = EdgeProxyProcess.FreePort();
        cluster.SetService("web", "127.0.0.1", port, backends.PortOf("web"));
        cluster.SetIngress("web", "web.test", "web", port, tlsSecret: "missing");
        await using var proxy = await cluster.RunAsync();
        cluster.SetSlice("web", 1, backends.PortOf("second"));
        await proxy.WaitForAsync(
            async () => (await GetAsync(proxy, "status")).GetProperty("endpoints").GetProperty("total").GetInt32() == 2, "the change to be live");

        var (exitCode, text, _) = await EdgeProxyProcess.RunAsync("status", "--admin", Admin(proxy), "--output", "json");

        Assert.Equal(0, exitCode);
        var status = JsonDocument.Parse(text).RootElement;
        var source = status.GetProperty("source");
        Assert.Equal(("cluster", cluster.Server.Address.ToString(), true), (Text(source, "kind"), Text(source, "server"), source.GetProperty("reachable").GetBoolean()));
        Assert.True(status.GetProperty("propagation").GetProperty("events").GetInt64() >= 1);
        Assert.True(status.GetProperty("propagation").GetProperty("maxMilliseconds").GetDouble() > 0);
        Assert.True(status.GetProperty("leader").GetProperty("isLeader").GetBoolean());
        Assert.False(status.GetProperty("leader").GetProperty("elected").GetBoolean());
        Assert.Equal(1, status.GetProperty("certificates").GetProperty("hostsWithout").GetInt32());
        Assert.Equal("default/missing", (await GetAsync(proxy, "certificates")).GetProperty("hostsWithout")[0].GetProperty("secrets")[0].GetString());

        await cluster.Server.VanishAsync();
        await proxy.WaitForAsync(
            async () => !(await GetAsync(proxy, "status")).GetProperty("source").GetProperty("reachable").GetBoolean(), "the outage to be known");
        var (stillReady, said, _) = await EdgeProxyProcess.RunAsync("status", "--admin", Admin(proxy));
        Assert.Equal(0, stillReady);
        Assert.Contains("not reachable since", said, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_cannot_be_asked_is_exit_code_two_and_who_is_not_ready_is_one()
    {
        var nobody = await EdgeProxyProcess.RunAsync("status", "--admin", $"http://127.0.0.1:{EdgeProxyProcess.FreePort()}");
        Assert.Equal(2, nobody.ExitCode);
        Assert.Contains("Connection refused", nobody.Errors, StringComparison.Ordinal);
        Assert.Equal(2, (await EdgeProxyProcess.RunAsync("status", "--admin", "nowhere")).ExitCode);
        Assert.Equal(2, (await EdgeProxyProcess.RunAsync("status", "--output", "xml")).ExitCode);

        await using var admin = await TestBackend.StartAsync("", context => context.Response.WriteAsync(NotReady, Deadline));
        var starting = await EdgeProxyProcess.RunAsync("status", "--admin", $"http://127.0.0.1:{admin.Port}");
        Assert.Equal(1, starting.ExitCode);
        Assert.Contains("ready        no, starting", starting.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_admin_port_only_reads_and_names_its_paths()
    {
        using var folder = new ManifestFolder();
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);

        using var posted = await _client.PostAsync(new Uri($"{Admin(proxy)}/api/v1/status"), null, Deadline);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
        using var lost = await _client.GetAsync(new Uri($"{Admin(proxy)}/nowhere"), Deadline);
        Assert.Equal(HttpStatusCode.NotFound, lost.StatusCode);
        Assert.Contains("/api/v1/status", await lost.Content.ReadAsStringAsync(Deadline), StringComparison.Ordinal);
    }

    private const string NotReady = """
        {"version":"0","node":"n","startedAt":"2026-01-01T00:00:00Z","uptimeSeconds":1,"ready":false,"reason":"starting","snapshot":{"generation":0},
         "services":{},"endpoints":{"passedOver":[]},"routes":{},"certificates":{"next":[]},"connections":{},"problems":{}}
        """;

    private static string Admin(EdgeProxyProcess proxy) => $"http://127.0.0.1:{proxy.AdminPort}";

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private async Task<JsonElement> GetAsync(EdgeProxyProcess proxy, string document) =>
        JsonDocument.Parse(await _client.GetStringAsync($"{Admin(proxy)}/api/v1/{document}", Deadline)).RootElement;
}
