using EdgeProxy.Kubernetes.Status;
using EdgeProxy.Kubernetes.Tests.Writing;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Tests.Status;

public sealed class StatusWriterTests
{
    private static readonly NamespacedName OwnPod = new("edge", "edge-0");

    private Scene? _scene;
    private StatusWriter? _writer;

    [Fact]
    public async Task Every_Ingress_of_ours_shows_the_address_and_no_other_does()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("ours");
        scene.Ingress("foreign", className: "other");

        await WatchAndPassAsync();

        Assert.Equal("192.0.2.1", scene.StatusOf("ours"));
        Assert.Equal("", scene.StatusOf("foreign"));
        Assert.Equal([$"PATCH {Scene.Ingresses}/ours/status"], scene.Api.Writes);
    }

    [Fact]
    public async Task What_is_right_is_not_written_again_however_late_the_watch_is()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("ours");
        await WatchAndPassAsync();

        await PassAsync(); // the watch has not shown our own write yet
        await WatchAndPassAsync();
        await WatchAndPassAsync();

        Assert.Single(scene.Api.Writes);
    }

    [Fact]
    public async Task What_somebody_writes_over_is_mended()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("ours");
        await WatchAndPassAsync();

        scene.Api.Merge($"{Scene.Ingresses}/ours", """{"status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.1"}]}}}""");
        await WatchAndPassAsync();

        Assert.Equal("192.0.2.1", scene.StatusOf("ours"));
    }

    [Fact]
    public async Task Who_does_not_lead_writes_nothing()
    {
        await using var scene = await OpenAsync();
        scene.IsLeader = false;
        scene.Ingress("ours");

        await WatchAndPassAsync();

        Assert.Empty(scene.Api.Writes);
    }

    [Fact]
    public async Task An_object_that_changed_meanwhile_is_looked_at_and_written_once_more()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("ours");
        scene.Watch();
        scene.Api.Merge($"{Scene.Ingresses}/ours", """{"metadata": {"labels": {"touched": "yes"}}}""");

        await PassAsync();

        Assert.Equal("192.0.2.1", scene.StatusOf("ours"));
        Assert.Equal("yes", (string?)scene.Api.Find($"{Scene.Ingresses}/ours")!["metadata"]!["labels"]!["touched"]);
    }

    [Fact]
    public async Task An_object_that_left_our_class_meanwhile_is_left_alone()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("ours");
        scene.Watch();
        scene.Api.Merge($"{Scene.Ingresses}/ours", """{"spec": {"ingressClassName": "other"}}""");

        await PassAsync();

        Assert.Equal("", scene.StatusOf("ours"));
        Assert.Empty(scene.Api.Writes);
    }

    [Fact]
    public async Task A_leader_that_lost_its_lease_in_the_middle_of_a_write_does_not_undo_its_successor()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("ours");
        scene.Watch();

        // It was paused while the request was on its way: the successor wrote, and this one's term is over.
        scene.Api.BeforeWrite = path =>
        {
            scene.Api.BeforeWrite = null;
            scene.IsLeader = false;
            scene.Api.Merge(path.Replace("/status", "", StringComparison.Ordinal), """{"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.99"}]}}}""");
        };
        await PassAsync();

        Assert.Equal("192.0.2.99", scene.StatusOf("ours"));
    }

    [Fact]
    public async Task The_address_goes_once_when_the_class_leaves_us()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("ours");
        await WatchAndPassAsync();

        scene.Api.Merge($"{Scene.Ingresses}/ours", """{"spec": {"ingressClassName": "other"}}""");
        await WatchAndPassAsync();
        Assert.Equal("", scene.StatusOf("ours"));

        // Its new controller runs on the same node.
        scene.Api.Merge($"{Scene.Ingresses}/ours", """{"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}""");
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.1", scene.StatusOf("ours"));
    }

    [Fact]
    public async Task The_address_of_another_controller_stays_when_the_class_leaves_us()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("ours");
        await WatchAndPassAsync();

        scene.Api.Merge(
            $"{Scene.Ingresses}/ours", """{"spec": {"ingressClassName": "other"}, "status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.1"}]}}}""");
        await WatchAndPassAsync();

        Assert.Equal("198.51.100.1", scene.StatusOf("ours"));
    }

    [Fact]
    public async Task Given_addresses_come_before_those_of_the_published_Service_and_those_before_the_nodes()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("ours");
        scene.Service("front");
        scene.Options = scene.Options with { PublishService = new NamespacedName("default", "front") };
        Restart();
        await WatchAndPassAsync();
        Assert.Equal("10.0.0.1", scene.StatusOf("ours"));

        scene.Options = scene.Options with { PublishStatusAddresses = ["edge.example", "192.0.2.50"] };
        Restart();
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.50 edge.example", scene.StatusOf("ours"));
    }

    [Fact]
    public async Task A_new_address_of_the_published_Service_is_seen_at_once_and_no_address_takes_the_old_one_back()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("ours");
        scene.Service("front");
        scene.Api.Merge($"{Scene.Services}/front", """{"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}]}}}""");
        scene.Options = scene.Options with { PublishService = new NamespacedName("default", "front") };
        Restart();
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.9", scene.StatusOf("ours"));

        scene.Api.Merge($"{Scene.Services}/front", """{"status": {"loadBalancer": {"ingress": []}}}""");
        await WatchAndPassAsync();

        Assert.Equal("", scene.StatusOf("ours"));
    }

    [Fact]
    public async Task Nodes_of_ready_replicas_count_each_once_and_a_restart_of_one_takes_nothing_back()
    {
        await using var scene = await OpenAsync();
        scene.Node("n2", "192.0.2.2");
        scene.Pod("edge-0", "n1");
        scene.Pod("edge-1", "n2");
        scene.Pod("edge-2", "n2");
        scene.Ingress("ours");
        scene.Options = scene.Options with { Pod = OwnPod };
        Restart();
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.1 192.0.2.2", scene.StatusOf("ours"));

        // Nobody is ready: nobody knows better either.
        scene.Pod("edge-0", "n1", ready: "False");
        scene.Pod("edge-1", "n2", ready: "False");
        scene.Pod("edge-2", "n2", ready: "False");
        scene.Time.Advance(scene.Options.AddressInterval);
        await WatchAndPassAsync();

        Assert.Equal("192.0.2.1 192.0.2.2", scene.StatusOf("ours"));
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "192.0.2.1")]
    public async Task The_last_replica_takes_the_addresses_back_and_one_of_several_does_not(bool another, string left)
    {
        await using var scene = await OpenAsync();
        scene.Pod("edge-0", "n1");
        if (another)
        {
            scene.Pod("edge-1", "n1", ready: "False"); // on its way up
        }

        scene.Ingress("ours");
        scene.Ingress("foreign", className: "other");
        scene.Api.Merge($"{Scene.Ingresses}/foreign", """{"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}""");
        scene.Options = scene.Options with { Pod = OwnPod };
        Restart();
        await WatchAndPassAsync();

        await _writer!.ClearAsync(TestContext.Current.CancellationToken);

        Assert.Equal(left, scene.StatusOf("ours"));
        Assert.Equal("192.0.2.1", scene.StatusOf("foreign"));
    }

    [Fact]
    public async Task One_object_that_is_refused_does_not_hold_up_the_others_and_is_said_once()
    {
        await using var scene = await OpenAsync();
        scene.Api.Refuse = (method, path) => method == "PATCH" && path.Contains("bad", StringComparison.Ordinal) ? 403 : null;
        scene.Ingress("bad-1");
        scene.Ingress("bad-2");
        scene.Ingress("good");

        await WatchAndPassAsync();
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.1", scene.StatusOf("good"));
        Assert.Single(scene.Log.Lines, line => line.EventId == 193);

        // The right is granted.
        scene.Api.Refuse = (_, _) => null;
        scene.Time.Advance(TimeSpan.FromMinutes(1));
        await WatchAndPassAsync();
        Assert.Equal("192.0.2.1", scene.StatusOf("bad-1"));
        Assert.Equal("192.0.2.1", scene.StatusOf("bad-2"));
    }

    [Fact]
    public async Task Many_are_written_at_a_bounded_rate()
    {
        await using var scene = await OpenAsync();
        for (var i = 0; i < 130; i++)
        {
            scene.Ingress($"i{i}");
        }

        scene.Watch();
        Assert.Equal(PassResult.More, await PassAsync());
        Assert.Equal(100, scene.Api.Writes.Count);

        scene.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PassResult.Done, await PassAsync());
        Assert.Equal(130, scene.Api.Writes.Count);
    }

    private async Task<Scene> OpenAsync()
    {
        _scene = await Scene.OpenAsync();
        Restart();
        return _scene;
    }

    private void Restart() =>
        _writer = new StatusWriter(_scene!.Client, _scene.Options, () => _scene.IsLeader, () => _scene.State, _scene.Time, _scene.Log.CreateLogger("status"));

    private async Task WatchAndPassAsync()
    {
        _scene!.Watch();
        await PassAsync();
    }

    private Task<PassResult> PassAsync() => _writer!.PassAsync(TestContext.Current.CancellationToken);
}
