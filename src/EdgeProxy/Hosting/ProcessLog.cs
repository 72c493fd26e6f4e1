using System.Net;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>Event ids 100–139.</summary>
internal static partial class ProcessLog
{
    [LoggerMessage(100, LogLevel.Information, "Serving HTTP on port {HttpPort} and HTTPS on port {HttpsPort}; health on http://{Admin}/readyz.")]
    public static partial void Serving(ILogger logger, int httpPort, int httpsPort, EndPoint admin);

    [LoggerMessage(EventId = 101, Message = "Snapshot {Generation} is live: {Services} Services, {Routes} Ingresses, {Certificates} certificates; built in {Milliseconds:0.0} ms.")]
    public static partial void SnapshotLive(ILogger logger, LogLevel level, long generation, int services, int routes, int certificates, double milliseconds);

    [LoggerMessage(102, LogLevel.Information, "Draining for at most {Timeout}; a second signal ends at once.")]
    public static partial void Draining(ILogger logger, TimeSpan timeout);

    [LoggerMessage(103, LogLevel.Information, "Stopped.")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(104, LogLevel.Information, "Port {Wanted} cannot be bound; using {Used} instead. Give --{Flag} to insist.")]
    public static partial void PortReplaced(ILogger logger, int wanted, int used, string flag);

    [LoggerMessage(105, LogLevel.Error, "A change of objects could not be applied; what is live stays live.")]
    public static partial void ChangeFailed(ILogger logger, Exception exception);

    [LoggerMessage(108, LogLevel.Error, "{Kind} {Name} cannot be translated, by a fault of ours; its last version stays in service and all else goes on.")]
    public static partial void ObjectFailed(ILogger logger, string kind, NamespacedName name, Exception exception);

    [LoggerMessage(106, LogLevel.Information, "{Count} event loops on {Engine}; {Limit} open files at most.")]
    public static partial void Loops(ILogger logger, int count, string engine, int limit);

    [LoggerMessage(EventId = 107, Message = "io_uring cannot be used: {Reason}. The loops run on epoll.")]
    public static partial void NoIoUring(ILogger logger, LogLevel level, string reason);

    [LoggerMessage(110, LogLevel.Error, "{Problem}")]
    public static partial void ObjectError(ILogger logger, Problem problem);

    [LoggerMessage(111, LogLevel.Warning, "{Problem}")]
    public static partial void ObjectWarning(ILogger logger, Problem problem);

    [LoggerMessage(112, LogLevel.Information, "{Problem}")]
    public static partial void ObjectNote(ILogger logger, Problem problem);

    [LoggerMessage(113, LogLevel.Information, "Mended: {Problem}")]
    public static partial void Mended(ILogger logger, Problem problem);

    [LoggerMessage(114, LogLevel.Warning, "{Count} Services select pods, but no Pod with a status.podIP matches: {Services}. Nothing is served for them; give Pods or Endpoints, or let 'edgeproxy demo' play the pods of Deployments and the like.")]
    public static partial void NoPods(ILogger logger, int count, string services);

    [LoggerMessage(115, LogLevel.Information, "The addresses of this host changed; node ports are open on {Addresses}.")]
    public static partial void AddressesChanged(ILogger logger, string addresses);

    [LoggerMessage(116, LogLevel.Error, "A change of this host's addresses could not be followed; the next one is tried again.")]
    public static partial void AddressesNotFollowed(ILogger logger, Exception exception);

    [LoggerMessage(117, LogLevel.Information, "Every address in {Networks} is an address of this host now (local routes on lo).")]
    public static partial void LocalRoutes(ILogger logger, string networks);

    [LoggerMessage(118, LogLevel.Information, "Reading objects from the API server {Server}.")]
    public static partial void Following(ILogger logger, Uri server);

    [LoggerMessage(119, LogLevel.Debug, "{Events} events are live {Milliseconds:0.0} ms after they came in.")]
    public static partial void EventsLive(ILogger logger, int events, double milliseconds);

    /// <summary>Logs a problem at the level of its severity.</summary>
    public static void Problem(ILogger logger, Problem problem)
    {
        switch (problem.Severity)
        {
            case ProblemSeverity.Error:
                ObjectError(logger, problem);
                break;
            case ProblemSeverity.Warning:
                ObjectWarning(logger, problem);
                break;
            default:
                ObjectNote(logger, problem);
                break;
        }
    }

    [LoggerMessage(120, LogLevel.Warning, "Metrics or traces do not get through to the OTLP endpoint ({What}); those are lost. Said at most every five minutes.")]
    public static partial void OtlpTrouble(ILogger logger, string what);

    [LoggerMessage(121, LogLevel.Information, "Endpoint {Endpoint} of {ServicePort} was {What} through the admin port.")]
    public static partial void EndpointDrained(ILogger logger, string what, Backend endpoint, ServicePortName servicePort);

    [LoggerMessage(122, LogLevel.Information, "The log level is {Level} from now on, as the admin port was told; {Configured} after a restart.")]
    public static partial void LogLevelChanged(ILogger logger, LogLevel level, LogLevel configured);

    [LoggerMessage(123, LogLevel.Information, "Not ready any more; new work is served for {Delay} yet.")]
    public static partial void Leaving(ILogger logger, TimeSpan delay);

    [LoggerMessage(124, LogLevel.Information, "{File} changed: what it says of {Settings} holds from now on.")]
    public static partial void SettingsChanged(ILogger logger, string file, string settings);

    [LoggerMessage(125, LogLevel.Warning, "{File} changed, and what it says of {Settings} holds after a restart only.")]
    public static partial void SettingsTakeRestart(ILogger logger, string file, string settings);

    [LoggerMessage(126, LogLevel.Error, "{File} changed and cannot be used; every setting stays as it is: {Mistakes}")]
    public static partial void SettingsRefused(ILogger logger, string file, string mistakes);

    [LoggerMessage(127, LogLevel.Error, "A change of {File} could not be put into effect, by a fault of ours.")]
    public static partial void SettingsNotApplied(ILogger logger, string file, Exception exception);

    [LoggerMessage(129, LogLevel.Warning, "net.ipv4.conf.*.src_valid_mark is set for {Interfaces}: the kernel drops IPv4 packets from neighbours that --vips redirect sends here. Set it to 0, or use --vips dummy or anyip.")]
    public static partial void MarkedSourcesAreChecked(ILogger logger, string interfaces);

    [LoggerMessage(130, LogLevel.Warning, "Load-balancer addresses are not announced from this node, because it lacks the capability {Missing}. Everything else is served.")]
    public static partial void NotAnnouncing(ILogger logger, string missing);
}
