using System.Runtime.InteropServices;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>Two real processes at a real API server. Each publishes an address of its own, so that the status tells who wrote it.</summary>
[Collection(TestCluster.OneAtATime)]
public sealed class LeaderTests
{
    private const string Ingresses = "/apis/networking.k8s.io/v1 ingresses";
    private const string First = "192.0.2.1";
    private const string Second = "192.0.2.2";

    [Fact]
    public async Task A_paused_leader_is_replaced_and_writes_nothing_when_it_wakes()
    {
        await using var cluster = await TestCluster.OpenAsync();
        await CreateIngressAsync(cluster, "shop");

        await using var first = await StartAsync(First);
        await first.WaitForAsync(() => ShowsAsync(cluster, "shop", First), "the first to write");
        await using var second = await StartAsync(Second);
        await second.WaitForLogAsync("this replica serves and waits");

        first.Pause();
        await second.WaitForAsync(() => ShowsAsync(cluster, "shop", Second), "the second to take over");
        first.Resume();
        await first.WaitForLogAsync("does not lead any more");
        await CreateIngressAsync(cluster, "late");
        await second.WaitForAsync(() => ShowsAsync(cluster, "late", Second), "the second to go on");
        Assert.True(await ShowsAsync(cluster, "shop", Second));

        // The first has been waiting since; it is given the lease, and takes its addresses back at the end.
        second.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await second.WaitForExitAsync());
        await first.WaitForAsync(() => ShowsAsync(cluster, "shop", First), "the first to lead again");
        first.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await first.WaitForExitAsync());
        Assert.True(await ShowsAsync(cluster, "shop", ""));
        Assert.True(await ShowsAsync(cluster, "late", ""));

        Task<EdgeProxyProcess> StartAsync(string address) => EdgeProxyProcess.StartAsync(
            "run", "--kubeconfig", cluster.Kubeconfig, "--watch-namespace", cluster.Namespace, "--election-namespace", cluster.Namespace, "--publish-status-address", address,
            "--drain-timeout", "0");
    }

    private static Task CreateIngressAsync(TestCluster cluster, string name) => cluster.CreateAsync(Ingresses, $$"""
        {"metadata": {"name": "{{name}}", "annotations": {"kubernetes.io/ingress.class": "edgeproxy"} }, "spec": {"rules": [{"host": "{{name}}.example",
         "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80} } } }]} }]} }
        """);

    private static async Task<bool> ShowsAsync(TestCluster cluster, string ingress, string address) =>
        ((string?)(await cluster.ReadAsync(Ingresses, ingress))["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] ?? "") == address;
}
