namespace EdgeProxy.Kubernetes.Events;

/// <summary>Something that is to be said now.</summary>
/// <param name="Condition">What.</param>
/// <param name="Count">The how-manieth time; 1 for the first.</param>
internal sealed record DueEvent(EventCondition Condition, int Count);

/// <summary>
/// Remembers what holds and what was said, so that each condition is said once when it begins, again when it comes back, and now and then while
/// it lasts, because the API server forgets Events after an hour. Pure; not thread-safe.
/// </summary>
internal sealed class EventLedger
{
    /// <summary>How long something must be wrong to be worth an Event: a rollout, or the rest of one <c>kubectl apply</c>, is over by then.</summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(5);

    /// <summary>How long something is said to have been said, and how long what is over is remembered (client-go's refreshTime).</summary>
    public static readonly TimeSpan RefreshTime = TimeSpan.FromMinutes(30);

    // Good news of yesterday is no news: after an outage, or when another replica led until now.
    private static readonly TimeSpan NewsTime = TimeSpan.FromMinutes(5);

    private readonly Dictionary<EventCondition, Entry> _entries = [];
    private bool _isStarted;

    /// <summary>True when something is still to be said, now or as soon as it has settled.</summary>
    public bool IsWaiting(TimeSpan now) =>
        _entries.Any(pair => pair.Value.Holds && pair.Value.IsUnsaid && (!pair.Key.IsNormal || now - pair.Value.Since < NewsTime));

    /// <summary>Takes note of everything that holds at <paramref name="now"/>, which only grows.</summary>
    public void Observe(IReadOnlySet<EventCondition> holding, TimeSpan now)
    {
        foreach (var condition in holding)
        {
            if (!_entries.TryGetValue(condition, out var entry))
            {
                // That what is served at start is served is not news.
                var isKnown = !_isStarted && condition.IsNormal;
                _entries.Add(condition, new Entry { Since = now, Holds = true, SaidAt = isKnown ? now : null, Count = isKnown ? 1 : 0 });
            }
            else if (!entry.Holds)
            {
                (entry.Holds, entry.Since, entry.Recurs) = (true, now, entry.SaidAt is not null);
            }
        }

        foreach (var (condition, entry) in _entries)
        {
            if (entry.Holds && !holding.Contains(condition))
            {
                (entry.Holds, entry.Since) = (false, now);
            }
            else if (!entry.Holds && now - entry.Since >= RefreshTime)
            {
                _entries.Remove(condition);
            }
        }

        _isStarted = true;
    }

    /// <summary>What is to be said at <paramref name="now"/>, longest waiting first.</summary>
    public List<DueEvent> Due(TimeSpan now) =>
        [.. _entries.Where(pair => IsDue(pair.Key, pair.Value, now)).OrderBy(pair => pair.Value.Since).Select(pair => new DueEvent(pair.Key, pair.Value.Count + 1))];

    /// <summary>It is written that <paramref name="condition"/> holds, for the <paramref name="count"/>th time.</summary>
    public void Said(EventCondition condition, int count, TimeSpan now)
    {
        if (_entries.TryGetValue(condition, out var entry))
        {
            (entry.SaidAt, entry.Count, entry.Recurs) = (now, count, false);
        }
    }

    private static bool IsDue(EventCondition condition, Entry entry, TimeSpan now)
    {
        var age = now - entry.Since;
        if (!entry.Holds)
        {
            return false;
        }

        return condition.IsNormal ? entry.IsUnsaid && age < NewsTime : age >= SettleTime && (entry.IsUnsaid || now - entry.SaidAt >= RefreshTime);
    }

    private sealed class Entry
    {
        /// <summary>When it began to hold, or ceased to.</summary>
        public TimeSpan Since { get; set; }

        public bool Holds { get; set; }

        /// <summary>It was said, ended and began again, which is not said yet.</summary>
        public bool Recurs { get; set; }

        public TimeSpan? SaidAt { get; set; }

        public int Count { get; set; }

        public bool IsUnsaid => SaidAt is null || Recurs;
    }
}
