using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Writing;

/// <summary>Event ids 185–189.</summary>
internal static partial class WritingLog
{
    [LoggerMessage(185, LogLevel.Warning, "Status or events cannot be kept up to date: {Reason}. It is tried again; traffic does not depend on it.")]
    public static partial void CannotWrite(ILogger logger, string reason);

    [LoggerMessage(187, LogLevel.Warning, "Status or Lease may be left behind: {Reason}.")]
    public static partial void LeftBehind(ILogger logger, string reason);

    [LoggerMessage(186, LogLevel.Error, "Status or Events could not be found out or written, by a fault of ours; serving goes on.")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(188, LogLevel.Information, "Service {Service} has the load-balancer addresses {Addresses}.")]
    public static partial void Allocated(ILogger logger, NamespacedName service, string addresses);
}
