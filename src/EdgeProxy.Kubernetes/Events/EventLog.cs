using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Events;

/// <summary>Event ids 195–199.</summary>
internal static partial class EventLog
{
    [LoggerMessage(195, LogLevel.Warning, "An Event of {Kind} {Name} cannot be written: {Reason}. Said once for namespace {Namespace}.")]
    public static partial void Refused(ILogger logger, string kind, NamespacedName name, string @namespace, string reason);

    [LoggerMessage(196, LogLevel.Debug, "Event of {Kind} {Name}: {Reason} ({Count}): {Note}")]
    public static partial void Written(ILogger logger, string kind, NamespacedName name, EventReason reason, int count, string note);
}
