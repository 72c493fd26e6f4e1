using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;

namespace EdgeProxy.Kubernetes.Api;

/// <summary>The objects of a cluster after some of them changed.</summary>
public sealed class ClusterChange
{
    internal ClusterChange(ObjectSet objects, ObjectChanges changes, IReadOnlyList<Problem> refused, List<Receipt> receipts)
    {
        Objects = objects;
        Changes = changes;
        Refused = refused;
        Receipts = receipts;
    }

    /// <summary>All objects.</summary>
    public ObjectSet Objects { get; }

    /// <summary>Which of them differ from the change before.</summary>
    public ObjectChanges Changes { get; }

    /// <summary>What is wrong with objects that are not taken, of all, not only of those that changed.</summary>
    public IReadOnlyList<Problem> Refused { get; }

    /// <summary>The last-good state of an earlier run, not what the server has.</summary>
    public bool IsRecalled { get; internal init; }

    /// <summary>
    /// Time to look at all objects together (<see cref="ClusterPipeline.Review"/>): after a second without changes, or after ten with. There may
    /// be none in this one.
    /// </summary>
    public bool IsReviewDue { get; internal set; }

    /// <summary>The events behind it, for measuring how long each took.</summary>
    internal List<Receipt> Receipts { get; }

    /// <summary>When each event came in, as timestamps of the clock, with the number of events that came in together.</summary>
    public IEnumerable<(long At, int Events)> ReceivedAt => Receipts.Select(receipt => (receipt.At, receipt.Events));
}
