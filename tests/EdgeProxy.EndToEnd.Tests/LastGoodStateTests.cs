using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using EdgeProxy.Testing;
using EdgeProxy.Testing.Api;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>A process that is killed, and starts again while the API server is away.</summary>
public sealed class LastGoodStateTests : IAsyncLifetime
{
    private readonly NamingBackends _backends = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private FakeCluster _cluster = null!;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await FakeCluster.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _backends.DisposeAsync();
        _client.Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_restart_without_the_API_server_serves_at_once_and_follows_it_when_it_is_back()
    {
        var (stays, goes) = (EdgeProxyProcess.FreePort(), EdgeProxyProcess.FreePort());
        _cluster.SetService("stays", "127.0.0.1", stays, _backends.PortOf("stays"));
        _cluster.SetService("goes", "127.0.0.1", goes, _backends.PortOf("goes"));
        _cluster.SetIngress("web", "web.test", "stays", stays);
        _cluster.SetIngress("private", "private.test", "stays", stays, """ "nginx.ingress.kubernetes.io/auth-type":"basic","nginx.ingress.kubernetes.io/auth-secret":"users" """);
        _cluster.SetIngress("tls", "tls.test", "stays", stays, tlsSecret: "tls");
        _cluster.SetSecret("users", "Opaque", $$"""{"auth":"{{Convert.ToBase64String("u:{PLAIN}p"u8)}}"}""");
        await using (var first = await _cluster.RunAsync())
        {
            Assert.Equal((HttpStatusCode.OK, "stays /"), await GetAsync(first.HttpPort, "web.test"));
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(first.HttpPort, "private.test")).Status);
            await first.WaitForAsync(() => Task.FromResult(StateFiles() == 7), "the last-good state on disk");
            await _cluster.Server.VanishAsync();
        } // killed, without a word

        await using var second = await _cluster.RunAsync();

        Assert.Equal("stays /", await GetFromAsync(stays));
        Assert.Equal("goes /", await GetFromAsync(goes));
        Assert.Equal((HttpStatusCode.OK, "stays /"), await GetAsync(second.HttpPort, "web.test"));
        var ready = await _client.GetStringAsync($"http://127.0.0.1:{second.AdminPort}/readyz", Deadline);
        Assert.Matches("^ok\nserving the last-good state of 20.*; the API server cannot be used since ", ready);

        // Nobody has the passwords, so nobody gets in; nor is anything shown in the clear that was not before.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(second.HttpPort, "private.test", "u:p")).Status);
        Assert.Equal(HttpStatusCode.PermanentRedirect, (await GetAsync(second.HttpPort, "tls.test")).Status);

        // What changed meanwhile: one Service went, another has a second endpoint.
        using var kept = new System.Net.Sockets.TcpClient();
        await kept.ConnectAsync(IPAddress.Loopback, stays, Deadline);
        _cluster.Server.Delete("services", "default", "goes");
        _cluster.SetSlice("stays", 1, _backends.PortOf("another"));
        await _cluster.Server.ListenAsync();
        await second.WaitForAsync(async () => await GetFromAsync(stays) == "another /", "the new endpoint");
        await second.WaitForAsync(async () => await GetFromAsync(goes) is null, "the Service to go");
        await second.WaitForAsync(async () => await _client.GetStringAsync($"http://127.0.0.1:{second.AdminPort}/readyz", Deadline) == "ok\n", "no trouble");
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(second.HttpPort, "private.test", "u:p")).Status);

        // The connection of before is as good as ever.
        await kept.GetStream().WriteAsync("GET /kept HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Deadline);
        using var reader = new StreamReader(kept.GetStream());
        Assert.EndsWith("stays /kept", await reader.ReadToEndAsync(Deadline), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_clean_exit_keeps_what_changed_last_and_a_damaged_state_is_named_and_not_served()
    {
        var port = EdgeProxyProcess.FreePort();
        await using (var first = await _cluster.RunAsync("--drain-timeout", "0"))
        {
            _cluster.SetService("late", "127.0.0.1", port, _backends.PortOf("late"));
            await first.WaitForAsync(async () => await GetFromAsync(port) == "late /", "the Service");
            first.Signal(PosixSignal.SIGTERM);
            Assert.Equal(0, await first.WaitForExitAsync());
        }

        await _cluster.Server.VanishAsync();
        await using (var second = await _cluster.RunAsync())
        {
            Assert.Equal("late /", await GetFromAsync(port));
        }

        foreach (var file in Directory.GetFiles(_cluster.StateDirectory, "Service.*", SearchOption.AllDirectories))
        {
            await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file, Deadline))[..^20], Deadline);
        }

        // An API server that answers, but not with what it has.
        var before = _cluster.Server.Requests.Count;
        _cluster.Server.Intercept = async context =>
        {
            await FakeApiServer.AnswerStatusAsync(context, 503, "ServiceUnavailable", "not now");
            return true;
        };
        await _cluster.Server.ListenAsync();
        var starting = _cluster.RunAsync();
        await Eventually.TrueAsync(() => _cluster.Server.Requests.Count >= before + 3, () => "three tries");
        Assert.Null(await GetFromAsync(port));
        _cluster.Server.Intercept = null;

        await using var third = await starting;
        await third.WaitForAsync(async () => await GetFromAsync(port) == "late /", "the Service, from the API server");
        Assert.Contains("Service.jsonl.gz: it is damaged or cut off", third.Log, StringComparison.Ordinal);
    }

    private int StateFiles() => Directory.Exists(_cluster.StateDirectory) ? Directory.GetFiles(_cluster.StateDirectory, "*.jsonl.gz", SearchOption.AllDirectories).Length : 0;

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(int port, string host, string? user = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/");
        request.Headers.Host = host;
        if (user is not null)
        {
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(user)));
        }

        using var response = await _client.SendAsync(request, Deadline);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Deadline));
    }

    /// <summary>What a Service answers at L4; null when nobody listens.</summary>
    private async Task<string?> GetFromAsync(int port)
    {
        try
        {
            // A connection each, so that the endpoint is chosen anew.
            using var client = new HttpClient();
            return await client.GetStringAsync($"http://127.0.0.1:{port}/", Deadline);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
