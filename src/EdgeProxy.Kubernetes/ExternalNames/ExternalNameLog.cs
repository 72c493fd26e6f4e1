using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.ExternalNames;

/// <summary>What is said about the names of ExternalName Services. Event ids 140–149.</summary>
internal static partial class ExternalNameLog
{
    [LoggerMessage(140, LogLevel.Information, "ExternalName {Name} means {Addresses}.")]
    public static partial void Resolved(ILogger logger, string name, string addresses);

    [LoggerMessage(141, LogLevel.Warning, "ExternalName {Name} cannot be resolved: {Problem}. The last answer stays, if there was one.")]
    public static partial void Failed(ILogger logger, string name, string problem);

    [LoggerMessage(142, LogLevel.Warning, "ExternalName {Name} means {Addresses}, which is refused: addresses of this machine and link-local ones are no targets.")]
    public static partial void Refused(ILogger logger, string name, string addresses);
}
