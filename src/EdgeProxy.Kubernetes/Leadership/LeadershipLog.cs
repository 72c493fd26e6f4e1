using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>Event ids 180–184.</summary>
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
}
