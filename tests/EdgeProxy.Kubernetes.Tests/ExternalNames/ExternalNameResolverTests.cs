using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using EdgeProxy.Kubernetes.ExternalNames;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Tests.ExternalNames;

public sealed class ExternalNameResolverTests : IAsyncDisposable
{
    private const string Name = "api.example.com";

    private readonly ManualTimeProvider _time = new();
    private readonly RecordingLoggerFactory _log = new();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Channel<(string Name, TaskCompletionSource<IPAddress[]> Answer)> _asked =
        Channel.CreateUnbounded<(string, TaskCompletionSource<IPAddress[]>)>();
    private readonly Channel<ImmutableDictionary<string, ImmutableArray<IpAddr>>> _applied =
        Channel.CreateUnbounded<ImmutableDictionary<string, ImmutableArray<IpAddr>>>();
    private ExternalNameResolver? _resolver;
    private Task _running = Task.CompletedTask;

    [Fact(Timeout = 30_000)]
    public async Task Addresses_are_handed_over_and_again_when_they_change()
    {
        Start().Follow(ImmutableHashSet.Create(Name));
        Answer(await AskedAsync(), "2001:db8::1", "192.0.2.2", "192.0.2.1");
        Assert.Equal("192.0.2.1 192.0.2.2 2001:db8::1", await AppliedAsync());

        // The same in another order is no news; the next is.
        Answer(await AskedAsync(), "192.0.2.1", "192.0.2.2", "2001:db8::1");
        Answer(await AskedAsync(), "192.0.2.3");
        Assert.Equal("192.0.2.3", await AppliedAsync());
        Assert.False(_applied.Reader.TryRead(out _));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_first_round_ends_when_each_name_was_asked_for_and_what_was_found_is_applied()
    {
        var resolver = Start();
        resolver.Follow(ImmutableHashSet.Create("a.example.com", "b.example.com"));
        var (_, first) = await _asked.Reader.ReadAsync(_stop.Token);
        var (_, second) = await _asked.Reader.ReadAsync(_stop.Token);
        Assert.False(resolver.FirstRound.IsCompleted);

        Answer(first, "192.0.2.1");
        Assert.Equal("192.0.2.1", string.Join(' ', (await _applied.Reader.ReadAsync(_stop.Token)).Values.SelectMany(list => list)));
        Assert.False(resolver.FirstRound.IsCompleted);
        Fail(second);

        await resolver.FirstRound.WaitAsync(_stop.Token);
    }

    [Fact(Timeout = 30_000)]
    public async Task Without_names_the_first_round_ends_at_once()
    {
        var resolver = Start();

        resolver.Follow(ImmutableHashSet<string>.Empty);

        await resolver.FirstRound.WaitAsync(_stop.Token);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_last_answer_stays_while_DNS_fails()
    {
        Start().Follow(ImmutableHashSet.Create(Name));
        Answer(await AskedAsync(), "192.0.2.1");
        Assert.Equal("192.0.2.1", await AppliedAsync());

        Fail(await AskedAsync());
        Fail(await AskedAsync());
        Answer(await AskedAsync(), "192.0.2.1");
        Answer(await AskedAsync(), "192.0.2.2");

        Assert.Equal("192.0.2.2", await AppliedAsync());
        Assert.Single(_log.Lines, line => line.Level == LogLevel.Warning && line.Text.Contains(Name, StringComparison.Ordinal));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(false, "192.0.2.1")]
    [InlineData(true, "127.0.0.1 169.254.169.254 192.0.2.1 ::1")]
    public async Task Addresses_of_this_machine_and_link_local_ones_are_refused(bool allowLocal, string expected)
    {
        Start(allowLocal).Follow(ImmutableHashSet.Create(Name));

        Answer(await AskedAsync(), "127.0.0.1", "::1", "169.254.169.254", "192.0.2.1");

        Assert.Equal(expected, await AppliedAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task An_answer_of_refused_addresses_alone_takes_the_place_of_the_last()
    {
        Start().Follow(ImmutableHashSet.Create(Name));
        Answer(await AskedAsync(), "192.0.2.1");
        Assert.Equal("192.0.2.1", await AppliedAsync());

        Answer(await AskedAsync(), "127.0.0.1");

        Assert.Equal("", await AppliedAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Eight_names_are_asked_for_at_once()
    {
        Start().Follow(Enumerable.Range(0, 9).Select(i => $"{i}.example.com").ToImmutableHashSet());
        var first = new List<TaskCompletionSource<IPAddress[]>>();
        for (var i = 0; i < 8; i++)
        {
            first.Add(await _asked.Reader.ReadAsync(_stop.Token) is var (_, answer) ? answer : throw new InvalidOperationException());
        }

        Assert.False(_asked.Reader.TryRead(out _));
        Answer(first[0], "192.0.2.1");
        await _asked.Reader.ReadAsync(_stop.Token);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_name_that_nobody_needs_is_forgotten_and_asked_for_anew_when_it_returns()
    {
        var resolver = Start();
        resolver.Follow(ImmutableHashSet.Create(Name));
        Answer(await AskedAsync(), "192.0.2.1");
        Assert.Equal("192.0.2.1", await AppliedAsync());

        resolver.Follow(ImmutableHashSet<string>.Empty);
        resolver.Follow(ImmutableHashSet.Create(Name));

        // At once: the clock stands still.
        var (_, answer) = await _asked.Reader.ReadAsync(_stop.Token);
        Answer(answer, "192.0.2.1");
        Assert.Equal("192.0.2.1", await AppliedAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (_resolver is not null)
        {
            await _resolver.DisposeAsync();
        }

        _stop.Dispose();
        _log.Dispose();
    }

    private ExternalNameResolver Start(bool allowLocal = false)
    {
        _resolver = new ExternalNameResolver(ResolveAsync, allowLocal, _log.CreateLogger("names"), _time);
        _running = _resolver.RunAsync((answers, cancel) => _applied.Writer.WriteAsync(answers, cancel).AsTask(), _stop.Token);
        return _resolver;
    }

    private async Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _asked.Writer.WriteAsync((name, answer), cancellationToken);
        return await answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The next question, letting time pass until it is asked.</summary>
    private async Task<TaskCompletionSource<IPAddress[]>> AskedAsync()
    {
        (string Name, TaskCompletionSource<IPAddress[]> Answer) question;
        while (!_asked.Reader.TryRead(out question))
        {
            _stop.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(Name, question.Name);
        return question.Answer;
    }

    private async Task<string> AppliedAsync() => string.Join(' ', (await _applied.Reader.ReadAsync(_stop.Token))[Name]);

    private static void Answer(TaskCompletionSource<IPAddress[]> question, params string[] addresses) =>
        question.SetResult([.. addresses.Select(IPAddress.Parse)]);

    private static void Fail(TaskCompletionSource<IPAddress[]> question) => question.SetException(new SocketException((int)SocketError.TryAgain));
}
