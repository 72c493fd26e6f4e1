using System.Collections.Immutable;
using EdgeProxy.Model;
using EdgeProxy.Transport.Addresses;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Announcing;

/// <summary>
/// Announces load-balancer addresses by ARP and neighbour discovery. Owns the LAN and a thread: whoever is late loses its addresses, so it must not
/// wait for a busy thread pool.
/// </summary>
public sealed class LanAnnouncer : IAsyncDisposable
{
    private static readonly TimeSpan TurnTime = TimeSpan.FromMilliseconds(50);

    private readonly Lan _lan;
    private readonly AnnouncementPlan _plan;
    private readonly SnapshotPublisher _snapshots;
    private readonly Announcer _announcer;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;
    private bool _isStarted;

    private LanAnnouncer(
        Lan lan,
        AnnouncementPlan plan,
        INodeMembership membership,
        AnnouncerOptions options,
        Func<IReadOnlyDictionary<string, string>?> labels,
        SnapshotPublisher snapshots,
        ILogger logger,
        TimeProvider time)
    {
        _lan = lan;
        _plan = plan;
        _snapshots = snapshots;
        _logger = logger;
        _announcer = new Announcer(lan, plan, membership, options, labels, logger, time);
        plan.Follow(snapshots.Current);
        snapshots.Published += plan.Follow;
    }

    /// <summary>
    /// Opens the LAN; nothing is announced before <see cref="Start"/>. Null, and a warning that says why, when this process may not: it serves all the
    /// same.
    /// </summary>
    /// <param name="interfaces">Names of the interfaces to use; empty: those on an address's network.</param>
    /// <param name="plan">Who owns what; follows the snapshots from now on.</param>
    /// <param name="membership">Who is alive.</param>
    /// <param name="options">How it is done.</param>
    /// <param name="labels">The labels of this node; null when they are not known.</param>
    /// <param name="snapshots">What to follow.</param>
    /// <param name="loggers">For the category EdgeProxy.Addresses.</param>
    /// <param name="time">Clock.</param>
    public static LanAnnouncer? TryOpen(
        ImmutableArray<string> interfaces,
        AnnouncementPlan plan,
        INodeMembership membership,
        AnnouncerOptions options,
        Func<IReadOnlyDictionary<string, string>?> labels,
        SnapshotPublisher snapshots,
        ILoggerFactory loggers,
        TimeProvider time)
    {
        var logger = loggers.CreateLogger("EdgeProxy.Addresses");
        try
        {
            return new LanAnnouncer(Lan.Open(interfaces), plan, membership, options with { NamesInterfaces = !interfaces.IsEmpty }, labels, snapshots, logger, time);
        }
        catch (IOException error)
        {
            AnnouncingLog.Unavailable(logger, error.Message);
            return null;
        }
    }

    /// <summary>Begins to announce. Called once.</summary>
    public void Start()
    {
        _isStarted = true;
        new Thread(Run) { IsBackground = true, Name = "announcer", Priority = ThreadPriority.AboveNormal }.Start();
    }

    /// <summary>Addresses or interfaces of the host changed.</summary>
    public void HostChanged() => _announcer.HostChanged();

    /// <summary>Gives every address up. Ends when they are gone. May be called again.</summary>
    public Task StopAsync()
    {
        _isStopping = true;
        return _isStarted ? _ended.Task : Task.CompletedTask;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _snapshots.Published -= _plan.Follow;
        _lan.Dispose();
    }

    private void Run()
    {
        var isFailing = false;
        while (!_isStopping)
        {
            try
            {
                _lan.Listen(TurnTime, _announcer.Heard);
                _announcer.Tick();
                isFailing = false;
            }
            catch (Exception error)
            {
                // Addresses that are not renewed go by themselves. Said once, not at every turn.
                if (!isFailing)
                {
                    AnnouncingLog.Failed(_logger, error);
                }

                isFailing = true;
            }
        }

        _announcer.WithdrawAll("this process ends");
        _ended.SetResult();
    }
}
