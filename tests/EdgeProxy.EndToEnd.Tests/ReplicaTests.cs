namespace EdgeProxy.EndToEnd.Tests;

public sealed class FakeReplicaTests() : ReplicaTests(ClusterKind.Fake);

[Collection(TestCluster.OneAtATime)]
public sealed class RealReplicaTests() : ReplicaTests(ClusterKind.Real);

/// <summary>Two real processes under load. Each publishes an address of its own, so that the status tells who wrote it.</summary>
public abstract class ReplicaTests(ClusterKind kind)
{
    private const string Ingresses = "/apis/networking.k8s.io/v1 ingresses";
    private const string First = "192.0.2.1";
    private const string Second = "192.0.2.2";

    [Fact]
    public async Task A_leader_that_is_killed_is_followed_by_the_other_and_status_is_never_gone_and_never_written_by_both()
    {
        await using var cluster = await TestCluster.OpenAsync(kind);
        await using var backend = await TestBackend.StartAsync("a", address: TestCluster.Address);
        await cluster.CreateServiceAsync("shop", backend.Port);
        await CreateIngressAsync("shop");
        await using var first = await StartAsync(First);
        using var stop = new CancellationTokenSource();
        var watching = WatchStatusAsync("shop", stop.Token);
        await first.WaitForAsync(() => ShowsAsync("shop", First), "the first to write");
        await using var second = await StartAsync(Second);
        await second.WaitForLogAsync("this replica serves and waits");
        await using var load = new TrafficLoad().OverHttp("shop.test", second.HttpPort);

        await first.KillAsync();
        await CreateIngressAsync("late");
        await second.WaitForAsync(() => ShowsAsync("shop", Second), "the second to take over");
        await second.WaitForAsync(() => ShowsAsync("late", Second), "the second to go on");
        await stop.CancelAsync();

        Assert.Equal(["", First, Second], await watching);
        await load.StopAsync();

        Task<EdgeProxyProcess> StartAsync(string address) => EdgeProxyProcess.StartAsync(
            "run", "--kubeconfig", cluster.Kubeconfig, "--watch-namespace", cluster.Namespace, "--ingress-class-by-name", "true", "--election-namespace", cluster.Namespace,
            "--publish-status-address", address, "--listen-address", "127.0.0.1");

        Task CreateIngressAsync(string name) => cluster.CreateAsync(Ingresses, TestCluster.Ingress(name, $"{name}.test", "shop"));

        async Task<string> StatusAsync(string name) =>
            (string?)(await cluster.ReadAsync(Ingresses, name))["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] ?? "";

        async Task<bool> ShowsAsync(string name, string address) => await StatusAsync(name) == address;

        // Every status that differs from the one before.
        async Task<List<string>> WatchStatusAsync(string name, CancellationToken cancellationToken)
        {
            var seen = new List<string>();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            while (!cancellationToken.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
            {
                var status = await StatusAsync(name);
                if (seen.LastOrDefault() != status)
                {
                    seen.Add(status);
                }
            }

            return seen;
        }
    }
}
