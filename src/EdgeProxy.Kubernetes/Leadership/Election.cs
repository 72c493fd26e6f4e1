namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>
/// Decides who leads, by the local clock alone: what another machine's clock says only tells whether the lease was renewed, never when.
/// Pure but for the clock; <see cref="IsLeader"/> may be asked from any thread, the rest belongs to one.
/// </summary>
/// <remarks>
/// Why there are never two: our term counts from before the renewal was sent and ends after <see cref="LeaderElectionOptions.RenewDeadline"/>;
/// another replica's wait counts from after it saw that renewal and lasts <see cref="LeaderElectionOptions.LeaseDuration"/>, which is longer.
/// It is asked at every write, so a process that was stopped meanwhile finds its term over before it writes.
/// </remarks>
internal sealed class Election(LeaderElectionOptions options, TimeProvider time)
{
    private StoredLease? _observed;
    private long _observedAt;
    private Moment? _term;

    /// <summary>True while nobody else can be.</summary>
    public bool IsLeader => Volatile.Read(ref _term) is { } since && IsWithin(since, options.RenewDeadline);

    /// <summary>Who held the lease when it was last looked at; empty for nobody.</summary>
    public string Holder => Volatile.Read(ref _observed)?.Record.Holder ?? "";

    /// <summary>The lease as we wrote it ourselves: it can be renewed without being read. Null: read it first.</summary>
    public StoredLease? Own => _observed is { } lease && IsOurs(lease) ? lease : null;

    /// <summary>True when the lease was somebody else's, or nobody's, when it was last looked at.</summary>
    public bool IsFollower => _observed is { } lease && !IsOurs(lease);

    /// <summary>The moment from which a write that is sent now would count.</summary>
    public Moment Now() => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>What to write over <paramref name="current"/> (null: there is no Lease); null when somebody else has it.</summary>
    public LeaseRecord? Next(StoredLease? current)
    {
        var now = time.GetUtcNow();
        if (current is null)
        {
            return new LeaseRecord(options.Identity, options.LeaseDuration, now, now, Transitions: 0);
        }

        if (current.Record != _observed?.Record)
        {
            _observedAt = time.GetTimestamp();
        }

        Volatile.Write(ref _observed, current);
        if (IsOurs(current))
        {
            return current.Record with { Duration = options.LeaseDuration, RenewTime = now };
        }

        var patience = current.Record.Duration > TimeSpan.Zero ? current.Record.Duration : options.LeaseDuration;
        if (current.Record.Holder.Length > 0 && time.GetElapsedTime(_observedAt) < patience)
        {
            return null;
        }

        return new LeaseRecord(options.Identity, options.LeaseDuration, now, now, current.Record.Transitions + 1);
    }

    /// <summary>Our write, begun at <paramref name="sent"/>, is stored.</summary>
    public void Won(StoredLease lease, Moment sent)
    {
        Volatile.Write(ref _observed, lease);
        _observedAt = sent.Timestamp;
        Volatile.Write(ref _term, sent);
    }

    /// <summary>Our write was not stored, or we do not know: the lease has to be read before the next. Our term goes on until it ends by itself.</summary>
    public void Refused() => Volatile.Write(ref _observed, null);

    /// <summary>Ends our term.</summary>
    public void Resign() => Volatile.Write(ref _term, null);

    /// <summary>What to write over <paramref name="current"/> so that the next leader need not wait; null when the lease is not ours.</summary>
    public LeaseRecord? Parting(StoredLease? current)
    {
        // A lease must last a second at least; with no holder nobody waits for it.
        return current is not null && IsOurs(current)
            ? current.Record with { Holder = "", Duration = TimeSpan.FromSeconds(1), RenewTime = time.GetUtcNow() }
            : null;
    }

    private bool IsOurs(StoredLease lease) => lease.Record.Holder == options.Identity;

    // A suspended machine's monotonic clock stands still while the others' go on; the wall clock shows it. It can only make a term shorter.
    private bool IsWithin(Moment since, TimeSpan limit) => time.GetElapsedTime(since.Timestamp) < limit && time.GetUtcNow() - since.WallClock < limit;

    /// <summary>A moment on this machine, by both of its clocks.</summary>
    public sealed record Moment(long Timestamp, DateTimeOffset WallClock);
}
