using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Writing;

/// <summary>The whole writing side, on its own loops and the real clock.</summary>
public sealed class ClusterWriterTests
{
    private const string Lease = "/apis/coordination.k8s.io/v1/namespaces/edge/leases/edgeproxy-leader";

    [Fact]
    public async Task One_of_two_replicas_writes_and_the_other_goes_on_when_it_stops()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Pod("edge-0", "n1");
        scene.Pod("edge-1", "n1");
        scene.Ingress("shop");
        scene.Watch();
        await using var first = Start(scene, "edge-0");
        await WaitForAsync(scene, () => scene.StatusOf("shop") == "192.0.2.1");
        await using var second = Start(scene, "edge-1");
        await WaitForAsync(scene, () => second.Leader.StartsWith("edge-0", StringComparison.Ordinal));
        Assert.Equal((true, false), (first.IsLeader, second.IsLeader));

        // A rolling restart: the address stays, and the next one takes over at once.
        await first.StopAsync(TestContext.Current.CancellationToken);
        Assert.False(first.IsLeader);
        Assert.Equal("192.0.2.1", scene.StatusOf("shop"));
        await WaitForAsync(scene, () => second.IsLeader);

        scene.Api.Delete($"{Scene.Pods}/edge-0");
        scene.Ingress("late");
        scene.Watch();
        second.Observe(scene.State.Objects, scene.State.Snapshot, AddressPools.None, scene.State.Problems);
        await WaitForAsync(scene, () => scene.StatusOf("late") == "192.0.2.1");

        // The last one stops.
        await second.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("", ""), (scene.StatusOf("shop"), scene.StatusOf("late")));
        Assert.Equal("", (string?)scene.Api.Find(Lease)!["spec"]!["holderIdentity"]);
    }

    [Fact]
    public async Task A_status_does_not_wait_for_the_look_at_everything()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Ingress("shop");
        scene.Watch();
        await using var writer = Start(scene, "edge-0");
        await WaitForAsync(scene, () => scene.StatusOf("shop") == "192.0.2.1");

        scene.Ingress("late");
        scene.Watch();
        writer.Observe(scene.State.Objects, scene.State.Snapshot, AddressPools.None);

        await WaitForAsync(scene, () => scene.StatusOf("late") == "192.0.2.1");
    }

    [Fact]
    public async Task Beside_another_controller_no_status_is_written_and_Events_are()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Options = scene.Options with { UpdateStatus = false };
        scene.Ingress("shop", service: "nowhere");
        scene.Watch();
        await using var writer = Start(scene, "edge-0");

        await WaitForAsync(scene, () => scene.Api.All("events").Count == 1);
        await writer.StopAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain(scene.Api.Writes, write => write.EndsWith("/status", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_election_the_only_replica_writes_and_makes_no_Lease()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Options = scene.Options with { LeaderElect = false, UpdateStatusOnShutdown = false };
        scene.Ingress("shop");
        scene.Watch();
        await using var writer = Start(scene, "edge-0");
        await WaitForAsync(scene, () => scene.StatusOf("shop") == "192.0.2.1");

        await writer.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal("192.0.2.1", scene.StatusOf("shop"));
        Assert.Null(scene.Api.Find(Lease));
    }

    [Fact]
    public async Task An_outage_is_said_once_and_what_was_to_be_written_is_written_after_it()
    {
        await using var scene = await Scene.OpenAsync();
        var refusals = 0;
        scene.Api.Refuse = (method, path) => path.EndsWith("/status", StringComparison.Ordinal) && Interlocked.Increment(ref refusals) <= 2 ? 503 : null;
        scene.Ingress("shop");
        scene.Watch();
        await using var writer = Start(scene, "edge-0");

        await WaitForAsync(scene, () => scene.StatusOf("shop") == "192.0.2.1");

        Assert.Equal(3, Volatile.Read(ref refusals));
        Assert.Single(scene.Log.Lines, line => line.EventId == 185);
    }

    private static Task WaitForAsync(Scene scene, Func<bool> wanted) => Eventually.TrueAsync(
        wanted, () => string.Join('\n', scene.Api.Writes.TakeLast(20).Concat(scene.Log.Lines.TakeLast(20).Select(line => line.Text))));

    private static ClusterWriter Start(Scene scene, string pod)
    {
        var election = scene.Options.Election with { Identity = $"{pod}_{Guid.NewGuid():N}", RetryPeriod = TimeSpan.FromMilliseconds(100) };
        var options = scene.Options with { Election = election, Pod = new NamespacedName("edge", pod) };
        var writer = new ClusterWriter(scene.Client, options, TimeProvider.System, scene.Log);
        writer.Start();
        writer.Observe(scene.State.Objects, scene.State.Snapshot, AddressPools.None, scene.State.Problems);
        return writer;
    }
}
