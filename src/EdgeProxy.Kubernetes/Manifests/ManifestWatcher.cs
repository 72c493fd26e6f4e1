using System.Threading.Channels;
using EdgeProxy.Kubernetes.Manifests.Files;

namespace EdgeProxy.Kubernetes.Manifests;

/// <summary>How soon a <see cref="ManifestWatcher"/> tells of changes.</summary>
public sealed record ManifestWatcherTimes
{
    /// <summary>
    /// How often the files' state is compared even when no event came: what links and network file systems do sends none. Default 1 s;
    /// longer for folders of thousands of files.
    /// </summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long nothing may change before a change is told, so that a burst of writes is told once. Default 50 ms.</summary>
    public TimeSpan QuietTime { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>A change is told at the latest this long after it was seen, quiet or not. Default 500 ms.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMilliseconds(500);
}

/// <summary>
/// Tells when manifests are to be loaded again. Listens to the kernel's file events and, as those miss swapped links and overflow,
/// compares the files' state every second.
/// </summary>
/// <remarks>Make it before the first load, or changes in between are missed.</remarks>
public sealed class ManifestWatcher : IAsyncDisposable
{
    private static readonly BoundedChannelOptions OnlyOne = new(1) { FullMode = BoundedChannelFullMode.DropWrite };

    private readonly IReadOnlyList<string> _paths;
    private readonly TimeProvider _time;
    private readonly ManifestWatcherTimes _times;

    // Channels of one: a second signal, or a second change, before the first was taken adds nothing.
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(OnlyOne);
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(OnlyOne);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<FolderEvents> _events;
    private readonly ITimer _poll;
    private readonly ITimer _wake;
    private readonly Task _loop;

    // Counts file events, so that the loop sees whether any came while it waited for quiet.
    private long _eventCount;

    // Set when an event named a manifest: it is then told even if size and time stamps show no difference.
    private int _manifestEvent;

    /// <summary>Starts watching.</summary>
    public ManifestWatcher(IReadOnlyList<string> paths, TimeProvider time, ManifestWatcherTimes? times = null)
    {
        _paths = paths;
        _time = time;
        _times = times ?? new ManifestWatcherTimes();
        _events = [.. paths.Select(path => new FolderEvents(path, OnEvent))];
        _events.ForEach(events => events.Arm());
        var listing = ManifestFiles.List(paths);
        _poll = time.CreateTimer(_ => _signals.Writer.TryWrite(true), null, _times.PollInterval, Timeout.InfiniteTimeSpan);
        _wake = time.CreateTimer(_ => _changes.Writer.TryWrite(true), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _loop = RunAsync(listing);
    }

    /// <summary>Waits until something changed since the last time this returned.</summary>
    /// <exception cref="ChannelClosedException">The watcher was disposed, or failed; the inner exception says how.</exception>
    public async Task WaitForChangeAsync(CancellationToken cancellationToken) => await _changes.Reader.ReadAsync(cancellationToken);

    /// <summary>Tells of a change after <paramref name="delay"/> in any case: for <see cref="LoadResult.LoadAgainAfter"/>.</summary>
    public void WakeAfter(TimeSpan delay) => _wake.Change(delay, Timeout.InfiniteTimeSpan);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        await _poll.DisposeAsync();
        await _wake.DisposeAsync();
        _events.ForEach(events => events.Dispose());
        _stopping.Dispose();
    }

    private void OnEvent(bool isManifest)
    {
        if (isManifest)
        {
            Volatile.Write(ref _manifestEvent, 1);
        }

        Interlocked.Increment(ref _eventCount);
        _signals.Writer.TryWrite(true);
    }

    private async Task RunAsync(ManifestFiles known)
    {
        try
        {
            while (await _signals.Reader.WaitToReadAsync(_stopping.Token))
            {
                _signals.Reader.TryRead(out _);
                _events.ForEach(events => events.Arm());
                var now = ListAndPlanNext();
                if (now.SameAs(known) && Volatile.Read(ref _manifestEvent) == 0)
                {
                    // Other files of the folder may change all the time, a log for one: they do not make this loop spin.
                    await Task.Delay(_times.QuietTime, _time, _stopping.Token);
                    continue;
                }

                known = await SettleAsync(now);
                _changes.Writer.TryWrite(true);
            }
        }
        catch (OperationCanceledException)
        {
            _changes.Writer.TryComplete();
        }
        catch (Exception exception)
        {
            // Nothing here is expected to throw; whoever waits hears of it.
            _changes.Writer.TryComplete(exception);
        }
    }

    // Ten thousand files take 100 ms to look at: such folders are looked at less often, so that polling stays at 2 % of a core.
    private ManifestFiles ListAndPlanNext()
    {
        var start = _time.GetTimestamp();
        var listing = ManifestFiles.List(_paths);
        var rest = _time.GetElapsedTime(start) * 50;
        _poll.Change(rest > _times.PollInterval ? rest : _times.PollInterval, Timeout.InfiniteTimeSpan);
        return listing;
    }

    // Waits for quiet, in events and in the files' state, but not longer than the longest delay.
    private async Task<ManifestFiles> SettleAsync(ManifestFiles now)
    {
        var start = _time.GetTimestamp();
        while (true)
        {
            Volatile.Write(ref _manifestEvent, 0);
            var before = Interlocked.Read(ref _eventCount);
            await Task.Delay(_times.QuietTime, _time, _stopping.Token);

            var later = ManifestFiles.List(_paths);
            var quiet = later.SameAs(now) && before == Interlocked.Read(ref _eventCount);
            if (quiet || _time.GetElapsedTime(start) >= _times.LongestDelay)
            {
                return later;
            }

            now = later;
        }
    }
}
