using System.Net;
using System.Runtime.InteropServices;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary><c>--healthz-bind-address</c>: what load balancers and liveness probes made for kube-proxy see.</summary>
public sealed class KubeProxyProbesTests : IDisposable
{
    private const string Time = """\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000 UTC""";

    private readonly HttpClient _client = new();

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Healthz_and_livez_answer_as_kube_proxy_does_and_part_ways_while_draining()
    {
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var slow = await TestBackend.StartAsync("slow", async context =>
        {
            arrived.TrySetResult();
            await release.Task.WaitAsync(context.RequestAborted);
        });
        using var folder = new ManifestFolder();
        var nodePort = EdgeProxyProcess.FreePort();
        folder.Write("web.yaml", ManifestFolder.Service("web", nodePort, slow.Port));
        var address = $"127.0.0.1:{EdgeProxyProcess.FreePort()}";
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--healthz-bind-address", address);

        await AssertAnswerAsync($"http://{address}/healthz", HttpStatusCode.OK, $$"""^\{"lastUpdated": "{{Time}}","currentTime": "{{Time}}", "nodeEligible": true\}$""");
        await AssertAnswerAsync($"http://{address}/livez", HttpStatusCode.OK, $$"""^\{"lastUpdated": "{{Time}}","currentTime": "{{Time}}"\}$""");
        using var unknown = await _client.GetAsync($"http://{address}/readyz", Deadline);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);

        var request = _client.GetAsync($"http://127.0.0.1:{nodePort}/", Deadline);
        await arrived.Task.WaitAsync(Deadline);
        proxy.Signal(PosixSignal.SIGTERM);
        await proxy.WaitForLogAsync("Draining");

        await AssertAnswerAsync($"http://{address}/healthz", HttpStatusCode.ServiceUnavailable, "\"nodeEligible\": false}$");
        await AssertAnswerAsync($"http://{address}/livez", HttpStatusCode.OK, "^{\"lastUpdated\"");

        release.SetResult();
        using var served = await request;
        _client.Dispose(); // its kept connections would be drained to the end
        Assert.Equal(0, await proxy.WaitForExitAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_address_that_is_not_ours_is_named_and_the_process_ends()
    {
        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync(
            "run", "--manifests", Path.GetTempPath(), "--http-port", "0", "--https-port", "0", "--admin-port", "0", "--healthz-bind-address", "203.0.113.1");

        Assert.Equal(1, exitCode);
        Assert.Contains("203.0.113.1:10256 for --healthz-bind-address", errors, StringComparison.Ordinal);
    }

    public void Dispose() => _client.Dispose();

    private async Task AssertAnswerAsync(string url, HttpStatusCode status, string pattern)
    {
        using var answer = await _client.GetAsync(url, Deadline);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        Assert.Null(answer.Headers.TransferEncodingChunked);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Matches(pattern, await answer.Content.ReadAsStringAsync(Deadline));
    }
}
