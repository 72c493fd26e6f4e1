using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.State;

/// <summary>Event ids 160–164.</summary>
internal static partial class StateLog
{
    [LoggerMessage(160, LogLevel.Warning, "The last-good state cannot be used and is ignored: {Path}: {Reason}.")]
    public static partial void CannotUse(ILogger logger, string path, string reason);

    [LoggerMessage(161, LogLevel.Warning, "The last-good state cannot be kept in {Folder}: {Reason}. It is tried again with the next change.")]
    public static partial void CannotWrite(ILogger logger, string folder, string reason);

    [LoggerMessage(162, LogLevel.Debug, "The last-good state is in {Folder}; writing it took {Milliseconds:0} ms of work.")]
    public static partial void Saved(ILogger logger, string folder, double milliseconds);
}
