using System.Collections.Immutable;

namespace EdgeProxy.Model.Ejection;

/// <summary>Ejects the backends of one service port that keep failing, never more than half of those that could serve. Thread-safe.</summary>
public sealed class Ejections(TimeProvider time)
{
    // Makes counting the ejected and ejecting one more a single step.
    private readonly Lock _gate = new();
    private long _lastEnd;

    /// <summary>The clock everything of the service port is measured on.</summary>
    internal TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>The moment to ask <see cref="FailureCount.IsEjected"/> with, or null while nobody can be ejected: the usual case, for one read.</summary>
    internal TimeSpan? Moment
    {
        get
        {
            if (Volatile.Read(ref _lastEnd) == 0)
            {
                return null;
            }

            var now = Now;
            return now.Ticks < Volatile.Read(ref _lastEnd) ? now : null;
        }
    }

    /// <summary>A dial failed. Returns how long the backend is ejected when that was once too often, else null.</summary>
    internal TimeSpan? Failed(Backend backend, ImmutableArray<Endpoint> endpoints, ImmutableArray<Backend> backends)
    {
        var now = Now;
        if (backend.Failures.IsEjected(now) || !backend.Failures.Add())
        {
            return null;
        }

        lock (_gate)
        {
            if (backend.Failures.IsEjected(now) || !LeavesHalf(backend, endpoints, backends, now))
            {
                return null;
            }

            var end = backend.Failures.Eject(now);
            Volatile.Write(ref _lastEnd, Math.Max(_lastEnd, end.Ticks));
            return end - now;
        }
    }

    private static bool LeavesHalf(Backend next, ImmutableArray<Endpoint> endpoints, ImmutableArray<Backend> backends, TimeSpan now)
    {
        var usable = 0;
        var ejected = 1;
        for (var i = 0; i < backends.Length; i++)
        {
            var backend = backends[i];
            if (!endpoints[i].IsUsable || backend.Weight == 0 || backend.Address.Address.IsIPv6 != next.Address.Address.IsIPv6)
            {
                continue;
            }

            usable++;
            ejected += backend.Failures.IsEjected(now) ? 1 : 0;
        }

        return ejected * 2 <= usable;
    }
}
