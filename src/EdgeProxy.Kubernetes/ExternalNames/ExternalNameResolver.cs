using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.ExternalNames;

/// <summary>
/// Keeps the names of ExternalName Services resolved: each is asked for anew every 30 s, or after 5 s when that failed, eight at once at most. While
/// DNS fails the last answer stays. Owns a task per name.
/// </summary>
/// <remarks>The system's resolver does not tell how long an answer may be kept; 30 s is what headless names of a cluster have by default.</remarks>
/// <param name="resolve">Asks for the addresses of a name; throws <see cref="SocketException"/> when there is no answer.</param>
/// <param name="allowLocal">Takes answers that <see cref="LocalTargets"/> contains.</param>
/// <param name="logger">For <c>ExternalNameLog</c>.</param>
/// <param name="time">The clock.</param>
public sealed class ExternalNameResolver(
    Func<string, CancellationToken, Task<IPAddress[]>> resolve, bool allowLocal, ILogger logger, TimeProvider time) : IAsyncDisposable
{
    private const int LookupsAtOnce = 8;

    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _lookups = new(LookupsAtOnce);
    private readonly Dictionary<string, CancellationTokenSource> _followed = [];
    private readonly List<Task> _tasks = [];

    // Whoever reads takes the answers of that moment, so one mark of change is as good as ten.
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource _firstRound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableDictionary<string, ImmutableArray<IpAddr>> _answers = ImmutableDictionary<string, ImmutableArray<IpAddr>>.Empty;
    private HashSet<string>? _unasked; // of the names that were to be followed first

    /// <summary>Ends when every name that was to be followed first has been asked for once, and what was found has been applied.</summary>
    public Task FirstRound => _firstRound.Task;

    /// <summary>Replaces the names to be kept resolved. Those that go are forgotten.</summary>
    public void Follow(IReadOnlySet<string> names)
    {
        lock (_gate)
        {
            _unasked ??= [.. names];
            _unasked.IntersectWith(names);
            MarkFirstRound();
            foreach (var name in _followed.Keys.Where(name => !names.Contains(name)).ToList())
            {
                _followed.Remove(name, out var ended);
                ended!.Cancel();
                ended.Dispose();
                _answers = _answers.Remove(name);
            }

            _tasks.RemoveAll(task => task.IsCompleted);
            foreach (var name in names.Where(name => !_followed.ContainsKey(name)))
            {
                var ends = new CancellationTokenSource();
                var token = ends.Token;
                _followed.Add(name, ends);
                _tasks.Add(Task.Run(() => FollowAsync(name, token), CancellationToken.None));
            }
        }
    }

    /// <summary>Hands every new state of the answers to <paramref name="apply"/>, one after the other, until cancelled.</summary>
    public async Task RunAsync(Func<ImmutableDictionary<string, ImmutableArray<IpAddr>>, CancellationToken, Task> apply, CancellationToken cancellationToken)
    {
        try
        {
            var applied = ImmutableDictionary<string, ImmutableArray<IpAddr>>.Empty;
            await foreach (var _ in _changed.Reader.ReadAllAsync(cancellationToken))
            {
                var (answers, isRound) = Current();
                if (answers != applied)
                {
                    await apply(answers, cancellationToken);
                    applied = answers;
                }

                if (isRound)
                {
                    _firstRound.TrySetResult();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process is stopping.
        }
    }

    /// <summary>Ends every look-up.</summary>
    public async ValueTask DisposeAsync()
    {
        Follow(ImmutableHashSet<string>.Empty);
        await Task.WhenAll(_tasks);
        _lookups.Dispose();
    }

    private async Task FollowAsync(string name, CancellationToken cancellationToken)
    {
        var said = "";
        try
        {
            while (true)
            {
                var problem = await LookUpAsync(name, cancellationToken);
                if (problem is not null && problem != said)
                {
                    ExternalNameLog.Failed(logger, name, problem);
                }

                said = problem ?? "";
                await Task.Delay(problem is null ? RefreshAfter : RetryAfter, time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody needs the name any more.
        }
    }

    /// <summary>Null, or why there is no answer.</summary>
    private async Task<string?> LookUpAsync(string name, CancellationToken cancellationToken)
    {
        await _lookups.WaitAsync(cancellationToken);
        try
        {
            Take(name, await resolve(name, cancellationToken), cancellationToken);
            return null;
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            lock (_gate)
            {
                _unasked!.Remove(name); // followed
                MarkFirstRound();
            }

            return error.Message;
        }
        finally
        {
            _lookups.Release();
        }
    }

    private (ImmutableDictionary<string, ImmutableArray<IpAddr>> Answers, bool IsRound) Current()
    {
        lock (_gate)
        {
            return (_answers, _unasked is { Count: 0 });
        }
    }

    /// <summary>Wakes whoever applies when nothing of the first round is left to wait for. The gate is held.</summary>
    private void MarkFirstRound()
    {
        if (_unasked is { Count: 0 } && !_firstRound.Task.IsCompleted)
        {
            _changed.Writer.TryWrite(true);
        }
    }

    private void Take(string name, IPAddress[] addresses, CancellationToken cancellationToken)
    {
        var found = addresses.Select(IpAddr.From).Distinct().Order().ToLookup(address => allowLocal || !LocalTargets.Contains(address));
        ImmutableArray<IpAddr> allowed = [.. found[true]];
        lock (_gate)
        {
            _unasked!.Remove(name); // followed
            if (cancellationToken.IsCancellationRequested || (_answers.TryGetValue(name, out var known) && known.SequenceEqual(allowed)))
            {
                return;
            }

            _answers = _answers.SetItem(name, allowed);
        }

        _changed.Writer.TryWrite(true);
        ExternalNameLog.Resolved(logger, name, allowed.IsEmpty ? "nothing" : string.Join(", ", allowed));
        if (found[false].Any())
        {
            ExternalNameLog.Refused(logger, name, string.Join(", ", found[false]));
        }
    }
}
