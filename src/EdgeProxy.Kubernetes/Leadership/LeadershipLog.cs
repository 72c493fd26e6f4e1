using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>Event ids 180–184, and 175–179 for the Leases of nodes.</summary>
internal static partial class LeadershipLog
{
    [LoggerMessage(180, LogLevel.Information, "This replica leads as {Identity}: it writes status and events (Lease {Lease}).")]
    public static partial void Elected(ILogger logger, string identity, NamespacedName lease);

    [LoggerMessage(181, LogLevel.Warning, "This replica does not lead any more: Lease {Lease} was not renewed in time. It goes on serving.")]
    public static partial void Lost(ILogger logger, NamespacedName lease);

    [LoggerMessage(182, LogLevel.Information, "{Holder} leads; this replica serves and waits (Lease {Lease}).")]
    public static partial void Follows(ILogger logger, string holder, NamespacedName lease);

    [LoggerMessage(183, LogLevel.Warning, "Lease {Lease} cannot be read or written: {Reason}. Nobody may be writing status and events; traffic does not depend on it.")]
    public static partial void Unreachable(ILogger logger, NamespacedName lease, string reason);

    [LoggerMessage(184, LogLevel.Information, "Lease {Lease} was given back.")]
    public static partial void Released(ILogger logger, NamespacedName lease);

    [LoggerMessage(175, LogLevel.Warning, "The Lease {Lease} of this node cannot be renewed: {Reason}. It takes no load-balancer addresses until it can.")]
    public static partial void NodeLeaseUnreachable(ILogger logger, NamespacedName lease, string reason);

    [LoggerMessage(176, LogLevel.Warning, "The Leases of nodes cannot be seen: {Reason}. This node takes no load-balancer addresses until they can.")]
    public static partial void NodeLeasesUnseen(ILogger logger, string reason);

    [LoggerMessage(177, LogLevel.Warning, "The Lease {Lease} of this node could not be given back: others wait {Seconds} s before they take its addresses.")]
    public static partial void NodeLeaseLeftBehind(ILogger logger, NamespacedName lease, double seconds);
}
