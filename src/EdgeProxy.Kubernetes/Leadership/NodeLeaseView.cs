using System.Collections.Immutable;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>
/// Which nodes are alive, by the local clock alone: a node is given up when its Lease was not seen to change for as long as the Lease says. Pure but
/// for the clock; one thread at a time.
/// </summary>
/// <remarks>
/// Somebody who hears nothing must not give up those he does not hear of. So the view counts only while this node's own renewals come back the same
/// way, and after a silence everybody is given the whole time again.
/// </remarks>
internal sealed class NodeLeaseView(string self, TimeSpan leaseDuration, TimeProvider time)
{
    private readonly Dictionary<string, Seen> _nodes = new(StringComparer.Ordinal);
    private long _unbrokenSince = time.GetTimestamp();

    /// <summary>True while this node's own renewals are seen.</summary>
    public bool IsFresh => _nodes.TryGetValue(self, out var own) && time.GetElapsedTime(own.ChangedAt) < leaseDuration;

    /// <summary>The nodes that are alive, by name; means nothing unless <see cref="IsFresh"/>.</summary>
    public ImmutableArray<AnnouncingNode> Live =>
        [.. _nodes.Values.Where(IsAlive).Select(seen => seen.Node).OrderBy(node => node.Name, StringComparer.Ordinal)];

    /// <summary>A Lease was seen.</summary>
    public void Observe(AnnouncingNode node, LeaseRecord record)
    {
        var isKnown = _nodes.TryGetValue(node.Name, out var before);
        if (isKnown && before!.Record == record)
        {
            // Nothing of the time has changed, only what it offers.
            _nodes[node.Name] = before with { Node = node };
            return;
        }

        if (node.Name == self && !IsFresh)
        {
            _unbrokenSince = time.GetTimestamp();
        }

        _nodes[node.Name] = new Seen(node, record, time.GetTimestamp());
    }

    /// <summary>A Lease is gone.</summary>
    public void Forget(string node) => _nodes.Remove(node);

    private bool IsAlive(Seen seen)
    {
        if (seen.Record.Holder.Length == 0)
        {
            return false; // it said good-bye
        }

        var since = Math.Max(seen.ChangedAt, _unbrokenSince);
        var patience = seen.Record.Duration > TimeSpan.Zero ? seen.Record.Duration : leaseDuration;
        return time.GetElapsedTime(since) < patience;
    }

    private sealed record Seen(AnnouncingNode Node, LeaseRecord Record, long ChangedAt);
}
