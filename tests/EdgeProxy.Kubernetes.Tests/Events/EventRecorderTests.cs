using System.Text.Json.Nodes;
using EdgeProxy.Kubernetes.Events;
using EdgeProxy.Kubernetes.Tests.Writing;

namespace EdgeProxy.Kubernetes.Tests.Events;

public sealed class EventRecorderTests
{
    private Scene? _scene;
    private EventRecorder? _recorder;

    [Fact]
    public async Task A_new_Ingress_is_accepted()
    {
        await using var scene = await OpenAsync();
        scene.Service("web");
        await WatchAndPassAsync();

        scene.Ingress("shop");
        await WatchAndPassAsync();

        var said = Assert.Single(Events());
        Assert.Equal(("Normal", "Accepted", "shop"), (Field(said, "type"), Field(said, "reason"), (string?)said["regarding"]!["name"]));
        Assert.Equal((string?)scene.Api.Find($"{Scene.Ingresses}/shop")!["metadata"]!["uid"], (string?)said["regarding"]!["uid"]);
        Assert.Equal("edgeproxy.io/ingress-controller", Field(said, "reportingController"));
    }

    [Fact]
    public async Task Each_sort_of_problem_has_its_word_and_says_where()
    {
        await using var scene = await OpenAsync();
        scene.Service("web");
        scene.Service("idle", hasEndpoint: false);
        scene.Service("web-again", clusterIP: "10.0.0.1");
        scene.Ingress("old", host: "shop.example", metadata: """, "creationTimestamp": "2026-01-01T00:00:00Z" """);
        scene.Ingress("young", host: "shop.example", metadata: """, "creationTimestamp": "2026-01-02T00:00:00Z" """);
        scene.Ingress("lost", service: "nowhere");
        scene.Ingress("quiet", service: "idle");
        scene.Ingress("typo", metadata: """, "annotations": {"nginx.ingress.kubernetes.io/ssl-redirect": "perhaps"}""");
        scene.Ingress("broken", metadata: """, "annotations": {"nginx.ingress.kubernetes.io/rewrite-target": "/"}""");
        scene.Api.Merge($"{Scene.Ingresses}/broken", """{"spec": {"rules": [{"host": "b.example", "http": {"paths": [{"path": "/(?=x)", "pathType": "ImplementationSpecific"}]}}]}}""");
        await SettleAsync();

        Assert.Equal(
            [
                "broken Rejected spec.rules[0].http.paths[0].path",
                "lost BackendMissing spec.rules[0].http.paths[0].backend.service.name",
                "quiet NoEndpoints Service port default/idle",
                "typo AnnotationIgnored metadata.annotations[nginx.ingress.kubernetes.io/ssl-redirect]",
                "web-again Conflict 10.0.0.1",
                "young Shadowed spec.rules[0].http.paths[0]",
            ],
            Events().Select(said => $"{said["regarding"]!["name"]} {said["reason"]} {((string)said["note"]!).Split(": ")[0].Split(":80")[0]}").Order(StringComparer.Ordinal));
        Assert.Contains("default/old", Field(Events().Single(said => Field(said, "reason") == "Shadowed"), "note"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_problem_that_comes_back_is_counted_in_the_same_Event()
    {
        await using var scene = await OpenAsync();
        scene.Service("web");
        scene.Ingress("shop");
        await WatchAndPassAsync();
        for (var i = 0; i < 2; i++)
        {
            scene.Endpoint("web", ready: false);
            await SettleAsync();
            scene.Endpoint("web", ready: true);
            await WatchAndPassAsync();
        }

        var said = Assert.Single(Events());
        Assert.Equal("NoEndpoints", Field(said, "reason"));
        Assert.Equal(2, (int)said["series"]!["count"]!);
        Assert.Equal("2026-01-01T00:00:10.000000Z", (string?)said["series"]!["lastObservedTime"]);
    }

    [Fact]
    public async Task A_new_leader_does_not_repeat_what_was_said_lately_and_goes_on_counting_what_was_not()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("lost", service: "nowhere");
        await SettleAsync();
        Restart();
        await SettleAsync();
        Assert.Null(Assert.Single(Events())["series"]);

        scene.Time.Advance(TimeSpan.FromMinutes(40));
        Restart();
        await SettleAsync();
        Assert.Equal(2, (int)Assert.Single(Events())["series"]!["count"]!);
    }

    [Fact]
    public async Task An_Event_that_the_server_forgot_is_made_again()
    {
        await using var scene = await OpenAsync();
        scene.Ingress("lost", service: "nowhere");
        await SettleAsync();
        scene.Api.Delete($"/apis/events.k8s.io/v1/namespaces/default/events/{Events()[0]["metadata"]!["name"]}");

        scene.Time.Advance(TimeSpan.FromMinutes(30));
        await WatchAndPassAsync();

        Assert.Equal("BackendMissing", Field(Assert.Single(Events()), "reason"));
    }

    [Fact]
    public async Task Who_does_not_lead_says_nothing()
    {
        await using var scene = await OpenAsync();
        scene.IsLeader = false;
        scene.Ingress("lost", service: "nowhere");
        await SettleAsync();
        Assert.Empty(Events());

        scene.IsLeader = true;
        await WatchAndPassAsync();
        Assert.Single(Events());
    }

    [Fact]
    public async Task An_object_with_many_problems_gets_its_Events_by_and_by()
    {
        await using var scene = await OpenAsync();
        var annotations = string.Join(", ", Enumerable.Range(0, 15).Select(i => $"\"edgeproxy.io/unknown-{i}\": \"x\""));
        scene.Service("web");
        scene.Ingress("shop", metadata: $", \"annotations\": {{{annotations}}}");
        scene.Ingress("lost", service: "nowhere");
        await SettleAsync();
        Assert.Equal(10 + 1, Events().Count);

        scene.Time.Advance(TimeSpan.FromMinutes(5));
        await WatchAndPassAsync();
        Assert.Equal(15 + 1, Events().Count);
    }

    [Fact]
    public async Task A_namespace_that_refuses_Events_is_said_once_and_left_alone()
    {
        await using var scene = await OpenAsync();
        scene.Api.Refuse = (method, _) => method == "POST" ? 403 : null;
        scene.Ingress("lost-1", service: "nowhere");
        scene.Ingress("lost-2", service: "nowhere");
        await SettleAsync();
        await WatchAndPassAsync();

        Assert.Single(scene.Log.Lines, line => line.EventId == 195);
    }

    private async Task<Scene> OpenAsync()
    {
        _scene = await Scene.OpenAsync();
        Restart();
        return _scene;
    }

    private void Restart() =>
        _recorder = new EventRecorder(_scene!.Client, _scene.Options, () => _scene.IsLeader, () => _scene.State, _scene.Time, _scene.Log.CreateLogger("events"));

    private IReadOnlyList<JsonNode> Events() => _scene!.Api.All("events");

    private static string Field(JsonNode said, string name) => (string)said[name]!;

    private async Task SettleAsync()
    {
        await WatchAndPassAsync();
        _scene!.Time.Advance(EventLedger.SettleTime);
        await WatchAndPassAsync();
    }

    private async Task WatchAndPassAsync()
    {
        _scene!.Watch();
        await _recorder!.PassAsync(TestContext.Current.CancellationToken);
    }
}
