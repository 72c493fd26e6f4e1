using System.Collections.Immutable;

namespace EdgeProxy.Model;

/// <summary>What this node may rely on.</summary>
public enum NodeStanding
{
    /// <summary>The others count on this node, and it knows of them: it may take addresses.</summary>
    Member,

    /// <summary>The others may have given this node up, or it does not hear of them: it must not take anything.</summary>
    Adrift,
}

/// <summary>Which nodes announce addresses together. Asked from any thread.</summary>
public interface INodeMembership
{
    /// <summary>This node's name.</summary>
    string Self { get; }

    /// <summary>What this node may rely on now. It turns <see cref="NodeStanding.Adrift"/> by itself, before others may take over.</summary>
    NodeStanding Standing { get; }

    /// <summary>The nodes that are alive, as all of them see it, in order of their names.</summary>
    ImmutableArray<AnnouncingNode> Live { get; }

    /// <summary>Tells the others where this node can announce from now on, and the labels of it that matter.</summary>
    void Offer(AnnouncingNode self);
}

/// <summary>A node without others, as with manifests: it announces everything it can.</summary>
/// <param name="name">Its name.</param>
public sealed class SoleNode(string name) : INodeMembership
{
    private ImmutableArray<AnnouncingNode> _live = [new(name, [])];

    /// <inheritdoc />
    public string Self => name;

    /// <inheritdoc />
    public NodeStanding Standing => NodeStanding.Member;

    /// <inheritdoc />
    public ImmutableArray<AnnouncingNode> Live => _live;

    /// <inheritdoc />
    public void Offer(AnnouncingNode self) => ImmutableInterlocked.InterlockedExchange(ref _live, [self]);
}
