using System.Net;
using System.Runtime.InteropServices;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary><c>--shutdown-delay</c>, seen from outside.</summary>
public sealed class ShutdownDelayTests : IAsyncDisposable
{
    private readonly ManifestFolder _folder = new();
    private readonly int _nodePort = EdgeProxyProcess.FreePort();
    private TestBackend? _backend;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task New_work_is_served_while_readyz_already_says_no_and_changes_are_still_followed()
    {
        await using var proxy = await StartAsync("1h");
        using var client = new HttpClient();

        proxy.Signal(PosixSignal.SIGTERM);
        await proxy.WaitForLogAsync("Not ready any more");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync($"http://127.0.0.1:{proxy.AdminPort}/readyz", Deadline)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"http://127.0.0.1:{proxy.AdminPort}/healthz", Deadline)).StatusCode);
        Assert.Equal("web", await client.GetStringAsync($"http://127.0.0.1:{_nodePort}/", Deadline));
        _folder.Write("late.yaml", ManifestFolder.Ingress("late", "late.test", "web"));
        await proxy.WaitForAsync(async () => (await AskAsync("late.test")).IsSuccessStatusCode, "an Ingress that came late");

        async Task<HttpResponseMessage> AskAsync(string host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{proxy.HttpPort}/") { Headers = { Host = host } };
            var answer = await client.SendAsync(request, Deadline);

            // The client's next request finds a server that stays.
            Assert.True(answer.Headers.ConnectionClose);
            return answer;
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task The_second_signal_ends_the_delay_too()
    {
        await using var proxy = await StartAsync("1h");

        proxy.Signal(PosixSignal.SIGTERM);
        await proxy.WaitForLogAsync("Not ready any more");
        proxy.Signal(PosixSignal.SIGTERM);

        Assert.Equal(0, await proxy.WaitForExitAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_backend is not null)
        {
            await _backend.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task<EdgeProxyProcess> StartAsync(string delay)
    {
        _backend = await TestBackend.StartAsync("web");
        _folder.Write("web.yaml", ManifestFolder.Service("web", _nodePort, _backend.Port));
        return await EdgeProxyProcess.StartAsync("run", "--manifests", _folder.Path, "--shutdown-delay", delay);
    }
}
