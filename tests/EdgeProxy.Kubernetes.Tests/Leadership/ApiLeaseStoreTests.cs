using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;
using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Kubernetes.Tests.Api;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using EdgeProxy.Testing.Api;

namespace EdgeProxy.Kubernetes.Tests.Leadership;

/// <summary>The Lease as an object of an API server: the fake one always, a real one where there is one.</summary>
public sealed class ApiLeaseStoreTests
{
    private const string Leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Two_replicas_take_turns()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var client = api.Connect();

        await TakeTurnsAsync(client, "edgeproxy-leader");
    }

    [Fact]
    public async Task Labels_that_somebody_gave_the_Lease_stay()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var client = api.Connect();
        api.Apply(Leases, """{"kind": "Lease", "metadata": {"name": "edgeproxy-leader", "labels": {"team": "edge"}}, "spec": {}}""");
        var replica = Replica(client, "edgeproxy-leader", "a");

        await replica.TryAsync();

        var lease = api.Find($"{Leases}/edgeproxy-leader")!;
        Assert.True(replica.IsLeader);
        Assert.Equal("edge", (string?)lease["metadata"]!["labels"]!["team"]);
        Assert.Equal(15, (int)lease["spec"]!["leaseDurationSeconds"]!);
        Assert.Equal("2026-01-01T00:00:00.000000Z", (string?)lease["spec"]!["renewTime"]);
    }

    [Fact]
    public async Task A_write_over_what_another_wrote_meanwhile_is_refused()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var client = api.Connect();
        var store = new ApiLeaseStore(client, Options("edgeproxy-leader", "a"));
        var record = new LeaseRecord("a", TimeSpan.FromSeconds(15), _time.GetUtcNow(), _time.GetUtcNow(), 0);
        var first = await store.WriteAsync(record, null, TestContext.Current.CancellationToken);

        api.Merge($"{Leases}/edgeproxy-leader", """{"spec": {"holderIdentity": "b"}}""");

        Assert.Null(await store.WriteAsync(record, first, TestContext.Current.CancellationToken));
        Assert.Null(await store.WriteAsync(record, null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Two_replicas_take_turns_at_a_real_API_server()
    {
        var kubeconfig = Environment.GetEnvironmentVariable("EDGEPROXY_TEST_KUBECONFIG");
        Assert.SkipWhen(string.IsNullOrEmpty(kubeconfig), "EDGEPROXY_TEST_KUBECONFIG names no disposable cluster.");
        using var client = new ApiClient(KubeconfigFile.Load(kubeconfig, null, TimeProvider.System), TimeProvider.System);

        await TakeTurnsAsync(client, $"edgeproxy-test-{Guid.NewGuid():N}");
    }

    private async Task TakeTurnsAsync(ApiClient client, string lease)
    {
        var (first, second) = (Replica(client, lease, "a"), Replica(client, lease, "b"));
        await first.TryAsync();
        await second.TryAsync();
        await first.TryAsync();
        Assert.Equal((true, false), (first.IsLeader, second.IsLeader));

        // The first is not heard of any more.
        _time.Advance(TimeSpan.FromSeconds(14));
        await second.TryAsync();
        Assert.Equal((false, false), (first.IsLeader, second.IsLeader));
        _time.Advance(TimeSpan.FromSeconds(2));
        await second.TryAsync();
        Assert.Equal((false, true), (first.IsLeader, second.IsLeader));

        // It comes back, and is given the lease.
        await first.TryAsync();
        Assert.False(first.IsLeader);
        await second.ReleaseAsync();
        await first.TryAsync();
        Assert.Equal((true, false), (first.IsLeader, second.IsLeader));
    }

    private Replica Replica(ApiClient client, string lease, string name) => new(name, new ApiLeaseStore(client, Options(lease, name)), _time);

    private static LeaderElectionOptions Options(string lease, string identity) => new() { Lease = new NamespacedName("default", lease), Identity = identity };
}
