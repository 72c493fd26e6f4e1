using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>Event ids 190–194.</summary>
internal static partial class StatusLog
{
    [LoggerMessage(190, LogLevel.Information, "Ingresses are reachable at {Addresses}.")]
    public static partial void Addresses(ILogger logger, string addresses);

    [LoggerMessage(191, LogLevel.Warning, "It is not known where Ingresses are reachable: the published Service, or a node with an address and a ready replica, is missing. Their status stays as it is.")]
    public static partial void AddressesUnknown(ILogger logger);

    [LoggerMessage(192, LogLevel.Debug, "The status of {Kind} {Name} has {Count} addresses now.")]
    public static partial void Written(ILogger logger, string kind, NamespacedName name, int count);

    [LoggerMessage(193, LogLevel.Warning, "The status of {Kind} {Name} cannot be written: {Reason}. Those of namespace {Namespace} are tried again, which is said once.")]
    public static partial void Refused(ILogger logger, string kind, NamespacedName name, string @namespace, string reason);

    [LoggerMessage(194, LogLevel.Information, "The status of {Count} Ingresses was taken back: no other replica serves them.")]
    public static partial void Cleared(ILogger logger, int count);
}
