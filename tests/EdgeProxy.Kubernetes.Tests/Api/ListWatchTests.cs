using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Testing;
using EdgeProxy.Testing.Api;

namespace EdgeProxy.Kubernetes.Tests.Api;

public sealed class ListWatchTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private readonly RecordingSink _sink = new();
    private FakeApiServer _server = null!;
    private ApiClient _client = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _client = _server.Connect();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_there_is_comes_first_then_what_happens_in_order(bool streams)
    {
        _server.StreamsLists = streams;
        Set("a", "b");

        Run();
        await _sink.WaitForAsync("+a +b synced");
        await WatchingAsync();
        Set("c", "a");
        _server.Delete("services", "default", "b");

        await _sink.WaitForAsync("+a +b synced +c +a -b");
    }

    [Fact]
    public async Task A_long_list_comes_in_pages_of_one_moment()
    {
        _server.StreamsLists = false;
        Set("a", "b", "c", "d", "e");
        _server.Intercept = context =>
        {
            if (context.Request.Query["continue"] == "page-1")
            {
                Set("f"); // between two pages: not in the list, but in the watch
            }

            return Task.FromResult(false);
        };

        Run(new WatchOptions { PageSize = 2 });

        await _sink.WaitForAsync("+a +b +c +d +e synced +f");
        Assert.Equal(3, _server.Requests.Count(request => request.Contains("limit=2", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Pages_that_become_too_old_are_asked_for_in_one_piece()
    {
        _server.StreamsLists = false;
        Set("a", "b", "c");
        _server.Intercept = context =>
        {
            if (context.Request.Query["continue"] == "page-1")
            {
                _server.Compact();
            }

            return Task.FromResult(false);
        };

        Run(new WatchOptions { PageSize = 2 });

        await _sink.WaitForAsync("+a +b +c synced");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_happened_while_the_watch_was_away_and_forgotten_is_found_by_comparing(bool streams)
    {
        _server.StreamsLists = streams;
        Set("a", "b", "c");
        Run();
        await _sink.WaitForAsync("+a +b +c synced");
        await WatchingAsync();

        await _server.VanishAsync();
        Set("b", "d");
        _server.Delete("services", "default", "c");
        _server.Compact();
        await _server.ListenAsync();

        await _sink.WaitForNamesAsync("a b d");
        await Eventually.TrueAsync(() => _sink.Calls.EndsWith("synced", StringComparison.Ordinal), () => _sink.Calls);
        Assert.DoesNotContain("+a", _sink.Calls["+a +b +c synced".Length..], StringComparison.Ordinal); // it never changed
    }

    [Fact]
    public async Task A_broken_connection_goes_on_where_it_was_without_a_new_list()
    {
        Set("a");
        Run();
        await _sink.WaitForAsync("+a synced");
        await WatchingAsync();

        _server.BreakWatches();
        Set("b");

        await _sink.WaitForAsync("+a synced +b");
        Assert.Single(_server.Requests, request => request.Contains("sendInitialEvents", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_watch_that_ends_is_taken_up_from_the_last_bookmark()
    {
        Set("a");
        Run();
        await _sink.WaitForAsync("+a synced");
        await WatchingAsync();
        _server.Set("secrets", Objects.Secret("other")); // moves the version without telling anybody of Services
        _server.Bookmark();
        Set("b");
        await _sink.WaitForCallAsync("+b");

        _server.EndWatches();
        await Eventually.TrueAsync(() => _server.OpenWatches == 1 && _server.Requests.Last().Contains("resourceVersion=103", StringComparison.Ordinal), () => string.Join('\n', _server.Requests));
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_costs_only_itself()
    {
        Set("a");
        Run();
        await _sink.WaitForAsync("+a synced");
        await WatchingAsync();

        _server.WriteToWatches("""{"type":"MODIFIED","object":{"metadata":{"name":7}}}""");
        _server.WriteToWatches("{");
        Set("b");

        await _sink.WaitForAsync("+a synced unreadable unreadable +b");
    }

    [Fact]
    public async Task A_server_that_asks_for_patience_gets_it()
    {
        var times = 0;
        _server.Intercept = async context =>
        {
            if (Interlocked.Increment(ref times) > 1)
            {
                return false;
            }

            context.Response.Headers.RetryAfter = "3600";
            await FakeApiServer.AnswerStatusAsync(context, 429, "TooManyRequests", "please try again later");
            return true;
        };
        var clock = new ManualTimeProvider();
        Set("a");

        Run(new WatchOptions(), clock);
        await _sink.WaitForAsync("failed:TooManyRequests");
        clock.Advance(TimeSpan.FromSeconds(3599));
        Assert.Single(_server.Requests);
        await Eventually.TrueAsync(
            () =>
            {
                // The delay is timed from a moment we cannot see, and a request under way must not run out of time.
                clock.Advance(_server.Requests.Count == 1 ? TimeSpan.FromMinutes(1) : TimeSpan.FromMilliseconds(10));
                return _sink.Names == "a";
            },
            () => _sink.Calls);
    }

    [Fact]
    public async Task Text_that_nobody_reads_is_not_kept()
    {
        _server.Set("services", """{"metadata":{"name":"a","namespace":"default","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","x":"y"}},"spec":{}}""");

        Run();
        await _sink.WaitForAsync("+a synced");

        Assert.Equal(["x"], _sink["a"].Metadata.Annotations!.Keys);
        Assert.Equal(("Service", "v1"), (_sink["a"].Kind, _sink["a"].ApiVersion));
    }

    private void Run(WatchOptions? options = null, TimeProvider? time = null)
    {
        options = (options ?? new WatchOptions()) with { FirstDelay = TimeSpan.FromMilliseconds(20), LongestDelay = TimeSpan.FromMilliseconds(100) };
        _running = new ListWatch<Service>(_client, WatchedKinds.Service, default, options, _sink, time ?? TimeProvider.System).RunAsync(_stop.Token);
    }

    private Task WatchingAsync() => Eventually.TrueAsync(() => _server.OpenWatches == 1, () => string.Join('\n', _server.Requests));

    private void Set(params string[] names)
    {
        foreach (var name in names)
        {
            _server.Set("services", Objects.Service(name));
        }
    }
}
