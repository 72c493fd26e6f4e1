using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.State;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using EdgeProxy.Testing.Api;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Tests.Api;

/// <summary>From the API server to the snapshot.</summary>
public sealed class ClusterSourceTests : IAsyncLifetime
{
    private static readonly NamespacedName Web = new("default", "web");

    private readonly CancellationTokenSource _stop = new();
    private readonly RecordingLoggerFactory _log = new();
    private readonly Lock _lock = new();
    private FakeApiServer _server = null!;
    private ApiClient _client = null!;
    private ClusterSource _source = null!;
    private ProxySnapshot _snapshot = ProxySnapshot.Empty;
    private IReadOnlyList<Problem> _problems = [];
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _client = _server.Connect();
        _server.Set("ingressclasses", Objects.IngressClass("edgeproxy"));
        _server.Set("services", Objects.Service("web"));
        _server.Set("endpointslices", Objects.Slice("web", 8080, "10.0.0.1"));
        _server.Set("ingresses", Objects.Ingress("web", "web.example.com", "web"));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Objects_of_every_kind_become_one_snapshot_and_follow_their_changes()
    {
        Run();
        await EndpointsAsync("10.0.0.1:8080");
        Assert.Contains(Web, _snapshot.Routes.Ingresses.Keys);

        _server.Set("endpointslices", Objects.Slice("web", 8080, "10.0.0.1", "10.0.0.2"));
        await EndpointsAsync("10.0.0.1:8080 10.0.0.2:8080");
        _server.Delete("ingresses", "default", "web");
        await UntilAsync(snapshot => snapshot.Routes.Ingresses.Count == 0);
        _server.Delete("services", "default", "web");
        await UntilAsync(snapshot => !snapshot.Services.ContainsKey(Web));
    }

    [Fact]
    public async Task Nothing_is_handed_out_before_every_kind_has_been_listed()
    {
        var mayAnswer = new TaskCompletionSource();
        _server.Intercept = async context =>
        {
            if (context.Request.Path.Value!.EndsWith("/ingresses", StringComparison.Ordinal))
            {
                await mayAnswer.Task.WaitAsync(context.RequestAborted);
            }

            return false;
        };

        Run();
        await Eventually.TrueAsync(() => _source.Missing is ["ingresses.networking.k8s.io in all namespaces"], () => string.Join(", ", _source.Missing));
        Assert.Equal(0, _snapshot.Generation);
        mayAnswer.SetResult();

        await UntilAsync(snapshot => snapshot.Generation == 1);
        Assert.True(_snapshot.Services.ContainsKey(Web) && _snapshot.Routes.Ingresses.ContainsKey(Web));
    }

    [Fact]
    public async Task A_server_that_went_away_changes_nothing_and_is_said_once()
    {
        Run();
        await EndpointsAsync("10.0.0.1:8080");

        await _server.VanishAsync();
        await Eventually.TrueAsync(() => _source.Trouble?.StartsWith("the API server cannot be used since", StringComparison.Ordinal) is true, () => $"{_source.Trouble}");
        _server.Set("endpointslices", Objects.Slice("web", 8080, "10.0.0.3"));
        Assert.Equal("10.0.0.1:8080", Endpoints());
        await _server.ListenAsync();

        await EndpointsAsync("10.0.0.3:8080");
        await Eventually.TrueAsync(() => _source.Trouble is null, () => $"{_source.Trouble}");
        Assert.Single(_log.Lines, line => line.Text.Contains("The API server cannot be used", StringComparison.Ordinal));
        Assert.Single(_log.Lines, line => line.Text.Contains("The API server answers again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_may_not_be_read_is_named_and_gone_without()
    {
        _server.Intercept = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/secrets", StringComparison.Ordinal))
            {
                return false;
            }

            await FakeApiServer.AnswerStatusAsync(context, 403, "Forbidden", "secrets is forbidden: User \"x\" cannot list resource \"secrets\"");
            return true;
        };

        Run();

        await EndpointsAsync("10.0.0.1:8080");
        Assert.Contains("list and watch secrets in all namespaces", _source.Trouble, StringComparison.Ordinal);
        Assert.Single(_log.Lines, line => line.Text.Contains("not permitted: list and watch secrets in all namespaces", StringComparison.Ordinal));

        _server.Intercept = null;
        await Eventually.TrueAsync(() => _source.Trouble is null, () => $"{_source.Trouble}");
    }

    [Fact]
    public async Task Without_slices_in_the_API_endpoints_come_from_Endpoints()
    {
        _server.Intercept = async context =>
        {
            if (!context.Request.Path.StartsWithSegments("/apis/discovery.k8s.io", StringComparison.Ordinal))
            {
                return false;
            }

            await FakeApiServer.AnswerStatusAsync(context, 404, "NotFound", "the server could not find the requested resource");
            return true;
        };
        _server.Set("endpoints", Objects.Endpoints("web", 8080, "10.0.0.7"));

        Run();

        await EndpointsAsync("10.0.0.7:8080");
        _server.Set("endpoints", Objects.Endpoints("web", 8081, "10.0.0.8"));
        await EndpointsAsync("10.0.0.8:8081");
        _server.Delete("endpoints", "default", "web");
        await EndpointsAsync("");
    }

    [Fact]
    public async Task Only_secrets_that_are_named_are_kept_and_one_that_is_named_later_is_read()
    {
        _server.Set("secrets", Objects.Secret("named"));
        _server.Set("secrets", Objects.Secret("idle"));
        _server.Set("ingresses", Objects.Ingress("web", "web.example.com", "web", secret: "named"));

        Run();
        await SecretsAsync("named");
        _server.Set("secrets", Objects.Secret("idle"));
        _server.Set("ingresses", Objects.Ingress("other", "other.example.com", "web", secret: "idle"));
        await SecretsAsync("idle named");
        _server.Delete("ingresses", "default", "web");

        await SecretsAsync("idle");
    }

    [Fact]
    public async Task An_unsound_object_keeps_its_last_sound_version()
    {
        Run();
        await EndpointsAsync("10.0.0.1:8080");

        _server.Set("endpointslices", Objects.Slice("web", 99999, "10.0.0.9"));
        await Eventually.TrueAsync(() => ReportedProblems().Any(problem => problem.Kind == "EndpointSlice"), () => string.Join('\n', ReportedProblems()));
        Assert.Equal("10.0.0.1:8080", Endpoints());
        _server.Set("endpointslices", Objects.Slice("web", 8080, "10.0.0.9"));

        await EndpointsAsync("10.0.0.9:8080");
        await Eventually.TrueAsync(() => !ReportedProblems().Any(problem => problem.Kind == "EndpointSlice"), () => string.Join('\n', ReportedProblems()));
    }

    [Fact]
    public async Task Only_the_given_namespaces_are_asked_for()
    {
        _server.Set("services", Objects.Service("elsewhere", "10.96.0.11", "other"));

        Run(new ClusterSourceOptions { NodeName = "n1", Namespaces = ["default"] });

        await EndpointsAsync("10.0.0.1:8080");
        Assert.Equal([Web], _snapshot.Services.Keys);
        Assert.DoesNotContain(_server.Requests, request => request.StartsWith("GET /api/v1/services", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_config_map_is_followed_by_its_name()
    {
        var name = new NamespacedName("default", "tcp");
        _server.Set("configmaps", Objects.ConfigMap("other", "9000", "default/web:80"));
        Run(new ClusterSourceOptions { NodeName = "n1", ConfigMaps = [name] }, options => options with { TcpServices = name });
        await EndpointsAsync("10.0.0.1:8080");

        _server.Set("configmaps", Objects.ConfigMap("tcp", "9000", "default/web:80"));

        await UntilAsync(snapshot => snapshot.Services[Web].Config.ExposedPorts.Length == 1);
    }

    [Fact]
    public async Task Without_the_server_the_last_good_state_is_served_until_everything_is_listed()
    {
        using var folder = new TemporaryFolder();
        await RecordAsync(folder.PathOf("state"));
        _server.Set("services", Objects.Service("gone", "10.96.0.77"));
        await RecordAsync(folder.PathOf("state"));
        await _server.VanishAsync();

        Run(new ClusterSourceOptions { NodeName = "n1", Recall = Keeper(folder.PathOf("state")).Recall });
        await EndpointsAsync("10.0.0.1:8080");
        Assert.StartsWith("serving the last-good state of ", _source.Trouble, StringComparison.Ordinal);
        Assert.Contains("the API server cannot be used since", _source.Trouble, StringComparison.Ordinal);
        var (service, gone) = (_snapshot.Services[Web], new NamespacedName("default", "gone"));
        Assert.True(_snapshot.Services.ContainsKey(gone));

        // What changed while nobody watched: one object went, one is new, one is the same.
        _server.Delete("services", "default", "gone");
        _server.Set("services", Objects.Service("new", "10.96.0.78"));
        await _server.ListenAsync();

        await UntilAsync(snapshot => snapshot.Services.ContainsKey(new NamespacedName("default", "new")) && !snapshot.Services.ContainsKey(gone));
        Assert.Same(service, _snapshot.Services[Web]);
        await Eventually.TrueAsync(() => _source.Trouble is null, () => $"{_source.Trouble}");
    }

    [Fact]
    public async Task With_the_server_the_last_good_state_is_not_even_read()
    {
        Run(new ClusterSourceOptions { NodeName = "n1", Recall = () => throw new InvalidOperationException("must not be asked for") });

        await EndpointsAsync("10.0.0.1:8080");
    }

    /// <summary>What a run leaves in its state folder.</summary>
    private async Task RecordAsync(string folder)
    {
        using var stop = new CancellationTokenSource();
        var keeper = Keeper(folder);
        var source = new ClusterSource(_client, new ClusterSourceOptions { NodeName = "n1" }, _log.CreateLogger("Api"), TimeProvider.System);
        await foreach (var change in source.WatchAsync(stop.Token))
        {
            keeper.Observe(change.Objects);
            break;
        }

        await stop.CancelAsync();
        await keeper.RunAsync(stop.Token);
    }

    private StateFolder Keeper(string folder) => new(folder, "test", _log.CreateLogger("State"), TimeProvider.System);

    private void Run(ClusterSourceOptions? options = null, Func<TranslationOptions, TranslationOptions>? translation = null)
    {
        options = (options ?? new ClusterSourceOptions { NodeName = "n1" }) with
        {
            Watching = new WatchOptions { FirstDelay = TimeSpan.FromMilliseconds(20), LongestDelay = TimeSpan.FromMilliseconds(100) },
        };
        var translationOptions = new TranslationOptions { Node = new LocalNode { Name = "n1" } };
        _source = new ClusterSource(_client, options, _log.CreateLogger("Api"), TimeProvider.System);
        _running = FollowAsync(new ClusterPipeline(_source, new SnapshotTranslator(translation?.Invoke(translationOptions) ?? translationOptions, TimeProvider.System), new LoadBalancerOptions()));
    }

    private async Task FollowAsync(ClusterPipeline pipeline)
    {
        try
        {
            await foreach (var change in _source.WatchAsync(_stop.Token))
            {
                var snapshot = change.Changes.IsEmpty ? _snapshot : pipeline.Apply(change);
                var problems = change.IsReviewDue ? pipeline.Review(change) : null;
                lock (_lock)
                {
                    _snapshot = snapshot;
                    _problems = problems ?? _problems;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }

    private IReadOnlyList<Problem> ReportedProblems()
    {
        lock (_lock)
        {
            return _problems;
        }
    }

    private string Endpoints()
    {
        lock (_lock)
        {
            return _snapshot.Services.TryGetValue(Web, out var service)
                ? string.Join(' ', service.Config.Ports.Single().Endpoints.Select(endpoint => endpoint.Address))
                : "no Service";
        }
    }

    private Task EndpointsAsync(string endpoints) => Eventually.TrueAsync(() => Endpoints() == endpoints, () => $"wanted: {endpoints}\nfound: {Endpoints()}\n{LoggedText()}");

    private Task SecretsAsync(string names) => Eventually.TrueAsync(() => Secrets() == names, () => $"wanted: {names}\nfound: {Secrets()}");

    private string Secrets() => string.Join(' ', _source.Objects.Secrets.Keys.Select(name => name.Name).Order(StringComparer.Ordinal));

    private string LoggedText() => string.Join('\n', _log.Lines.Select(line => line.Text));

    private Task UntilAsync(Func<ProxySnapshot, bool> condition) => Eventually.TrueAsync(
        () =>
        {
            lock (_lock)
            {
                return condition(_snapshot);
            }
        },
        () => LoggedText());
}
