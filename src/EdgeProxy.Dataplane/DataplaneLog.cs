using EdgeProxy.Model;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Tcp;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane;

/// <summary>Event ids 200–249.</summary>
internal static partial class DataplaneLog
{
    [LoggerMessage(200, LogLevel.Debug, "Listening on {Frontend}.")]
    public static partial void Listening(ILogger logger, FrontendAddress frontend);

    [LoggerMessage(201, LogLevel.Debug, "No longer listening on {Frontend}.")]
    public static partial void Closed(ILogger logger, FrontendAddress frontend);

    [LoggerMessage(EventId = 202, Message = "Cannot listen on {Frontend} for Service {Service}: {Reason}. Trying again; the other frontends are served.")]
    public static partial void CannotListen(ILogger logger, LogLevel level, FrontendAddress frontend, NamespacedName service, string reason);

    [LoggerMessage(203, LogLevel.Information, "Listening on {Frontend} for Service {Service} after {Attempts} attempts.")]
    public static partial void ListeningAtLast(ILogger logger, FrontendAddress frontend, NamespacedName service, int attempts);

    [LoggerMessage(204, LogLevel.Warning, "{Waiting} {Kind} frontends are not listened on: listeners may take three quarters of the {Limit} open files. Raise the limit (ulimit -n, LimitNOFILE=); they are tried again.")]
    public static partial void OutOfDescriptors(ILogger logger, int waiting, string kind, int limit);

    [LoggerMessage(205, LogLevel.Warning, "A quarter of the {Limit} open files is in use: from now on a listener takes one event loop instead of all. Every frontend is served, but one busy frontend cannot use more than one core. Raise the limit (ulimit -n, LimitNOFILE=).")]
    public static partial void ListenersTakeOneLoop(ILogger logger, int limit);

    [LoggerMessage(206, LogLevel.Warning, "{Frontend} is open to {Ranges} ranges of clients, more than a socket filter takes: others are accepted and reset instead of dropped. Merge ranges, or raise net.core.optmem_max.")]
    public static partial void CannotDrop(ILogger logger, FrontendAddress frontend, int ranges);

    [LoggerMessage(210, LogLevel.Debug, "Connection from {Client} to {Frontend} closed: {Reason}; backend {Backend}, tries {Tries}, {BytesUp} bytes up, {BytesDown} down.")]
    public static partial void SessionClosed(
        ILogger logger, IpEndpoint client, FrontendAddress frontend, string reason, Backend? backend, int tries, long bytesUp, long bytesDown);

    [LoggerMessage(211, LogLevel.Debug, "Backend {Backend} of {ServicePort} did not accept: {Error}.")]
    public static partial void DialFailed(ILogger logger, Backend backend, ServicePortName servicePort, DialError error);

    [LoggerMessage(212, LogLevel.Debug, "Endpoint {Backend} of {ServicePort} is an address we listen on ourselves; passed over.")]
    public static partial void EndpointIsOurs(ILogger logger, Backend backend, ServicePortName servicePort);

    [LoggerMessage(213, LogLevel.Information, "Backend {Backend} of {ServicePort} keeps failing ({Error}) and is passed over for {Time}.")]
    public static partial void Ejected(ILogger logger, Backend backend, ServicePortName servicePort, TimeSpan time, DialError error);

    [LoggerMessage(216, LogLevel.Debug, "Connection from {Sender} to {Frontend}, which must begin with a PROXY header: {Reason}.")]
    public static partial void BadProxyHeader(ILogger logger, IpEndpoint sender, FrontendAddress frontend, string reason);

    [LoggerMessage(217, LogLevel.Warning, "Connections to {ServicePort} are reset: edgeproxy.io/transparent needs the capability NET_RAW or NET_ADMIN, and this process has neither. Grant one, or remove the annotation.")]
    public static partial void TransparentNotPermitted(ILogger logger, ServicePortName servicePort);

    [LoggerMessage(220, LogLevel.Error, "Unexpected error on event loop {Loop}; what it belonged to was closed, the loop goes on.")]
    public static partial void LoopFault(ILogger logger, int loop, Exception exception);

    [LoggerMessage(230, LogLevel.Information, "L4 drained: {Finished} connections finished, {Aborted} were cut at the deadline.")]
    public static partial void Drained(ILogger logger, int finished, int aborted);

    [LoggerMessage(231, LogLevel.Information, "The drain timeout of endpoint {Backend} of {ServicePort} is over: TCP connections it still has are reset.")]
    public static partial void EndpointDrained(ILogger logger, Backend backend, ServicePortName servicePort);

    [LoggerMessage(240, LogLevel.Information, "Endpoint {Backend} of {ServicePort} fails its health check ({Reason}) and is passed over.")]
    public static partial void Unhealthy(ILogger logger, Backend backend, ServicePortName servicePort, string reason);

    [LoggerMessage(241, LogLevel.Information, "Endpoint {Backend} of {ServicePort} passes its health check again.")]
    public static partial void Healthy(ILogger logger, Backend backend, ServicePortName servicePort);
}
