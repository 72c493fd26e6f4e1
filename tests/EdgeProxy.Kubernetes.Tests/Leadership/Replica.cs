using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeProxy.Kubernetes.Tests.Leadership;

/// <summary>A process that stands for election. It acts only when told to, so being paused is not being told.</summary>
internal sealed class Replica
{
    private readonly LeaderElector _elector;

    public Replica(string name, ILeaseStore store, TimeProvider time)
    {
        var options = new LeaderElectionOptions { Lease = new NamespacedName("edge", "k6w-leader"), Identity = name };
        _elector = new LeaderElector(store, options, time, NullLogger.Instance);
        _elector.Elected += () => Elections++;
    }

    public int Elections { get; private set; }

    public bool IsLeader => _elector.IsLeader;

    public string Holder => _elector.Holder;

    public Task TryAsync() => _elector.TryAsync(TestContext.Current.CancellationToken);

    public Task ReleaseAsync() => _elector.ReleaseAsync(TestContext.Current.CancellationToken);
}
