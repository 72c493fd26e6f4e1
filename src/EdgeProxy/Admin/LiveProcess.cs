using EdgeProxy.Dataplane;
using EdgeProxy.Hosting;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Admin;

/// <summary>What the admin port tells about. It listens before the parts are there, so that probes are answered while they start.</summary>
/// <param name="readiness">Whether we should get traffic.</param>
/// <param name="snapshots">What is served.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveProcess(Readiness readiness, SnapshotPublisher snapshots, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private LiveParts? _parts;

    public Readiness Readiness => readiness;

    public SnapshotPublisher Snapshots => snapshots;

    public TimeProvider Time => time;

    public DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    public TimeSpan Uptime => time.GetElapsedTime(_started);

    /// <summary>The parts, once all of them are there; set once.</summary>
    public LiveParts? Parts
    {
        get => Volatile.Read(ref _parts);
        set => Volatile.Write(ref _parts, value);
    }
}

/// <summary>The parts of a running proxy that have something to tell.</summary>
/// <param name="Node">Name of this node.</param>
/// <param name="Follower">Where snapshots come from.</param>
/// <param name="L4">Who listens.</param>
/// <param name="Loops">Who carries.</param>
/// <param name="Writer">Who writes to the cluster; null: nobody.</param>
internal sealed record LiveParts(string Node, SnapshotFollower Follower, L4Dataplane L4, EventLoopGroup Loops, ClusterWriter? Writer);
