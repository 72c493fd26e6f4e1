using System.Net;
using EdgeProxy.Compare.Lab;

namespace EdgeProxy.Compare.Candidates;

/// <summary>One way from the client to the backend, in one configuration.</summary>
internal abstract class Candidate(string name)
{
    public string Name => name;

    /// <summary>The program it needs, for the list of what is missing; null for none.</summary>
    public abstract string? Tool { get; }

    /// <summary>What it is and how it is configured, in a few words.</summary>
    public abstract string Description { get; }

    public abstract bool Serves(Duty duty);

    /// <summary>Writes its configuration and says how to start it; null when there is no process.</summary>
    public abstract Launch? Prepare(Duty duty, Site site);

    /// <summary>Where the client goes.</summary>
    public virtual IPEndPoint Target(Site site) => site.Listen;

    /// <summary>Done before each sample.</summary>
    public virtual Task EnterAsync(Duty duty, Site site, NetworkNamespace proxy) => Task.CompletedTask;

    /// <summary>Undone after each sample, also when it failed.</summary>
    public virtual Task LeaveAsync(NetworkNamespace proxy) => Task.CompletedTask;
}
