namespace EdgeProxy.Hosting;

/// <summary>What /readyz answers: not ready until the first complete snapshot is live and listened for, and not ready again once draining.</summary>
internal sealed class Readiness
{
    private const string Draining = "draining";

    private volatile string _state = "starting: the first snapshot is not live yet";

    /// <summary>Tells what a source of objects waits for or goes without; it keeps nobody from being ready.</summary>
    public Func<string?> Trouble { get; set; } = () => null;

    /// <summary>Null when ready, else why not.</summary>
    public string? Reason => _state.Length == 0 ? null : _state;

    /// <summary>The first snapshot is live.</summary>
    public void BecomeReady() => _state = "";

    /// <summary>No new work any more.</summary>
    public void BeginDrain() => _state = Draining;

    /// <summary>True once draining began.</summary>
    public bool IsDraining => ReferenceEquals(_state, Draining);
}
