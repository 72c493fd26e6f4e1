namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// Picks one of the candidates. An instance belongs to one service port, outlives snapshots and is called from several threads at once.
/// </summary>
public interface IScheduler
{
    /// <summary>The next backend among <paramref name="candidates"/>, skipping those in <paramref name="tried"/>; null when none is left.</summary>
    Backend? Pick(ReadOnlySpan<Backend> candidates, in TriedBackends tried);
}
