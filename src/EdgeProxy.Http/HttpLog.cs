using System.Net;
using System.Net.Sockets;
using EdgeProxy.Model;
using EdgeProxy.Model.Routing;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http;

/// <summary>What the HTTP frontend says. Event ids 300–349.</summary>
internal static partial class HttpLog
{
    [LoggerMessage(300, LogLevel.Information, "Serving HTTP on {HttpEndpoints} and HTTPS on {HttpsEndpoints}.")]
    public static partial void Listening(ILogger logger, string httpEndpoints, string httpsEndpoints);

    [LoggerMessage(301, LogLevel.Information, "HTTP drains: no new connections, requests in flight get {Limit}.")]
    public static partial void Draining(ILogger logger, TimeSpan limit);

    [LoggerMessage(302, LogLevel.Information, "HTTP stopped after {Duration}.")]
    public static partial void Stopped(ILogger logger, TimeSpan duration);

    [LoggerMessage(310, LogLevel.Debug,
        "{Method} {Host}{Path} {Status} {Reason}; route {Route}, endpoint {Endpoint}, tries {Tries}, {Duration}.", SkipEnabledCheck = true)]
    public static partial void Served(
        ILogger logger, string method, string host, string path, int status, string reason, Route? route, Backend? endpoint, int tries, TimeSpan duration);

    [LoggerMessage(311, LogLevel.Information,
        "{Method} {Host}{Path} {Status} {Reason}; route {Route}, endpoint {Endpoint}, tries {Tries}, {Duration}.", SkipEnabledCheck = true)]
    public static partial void Failed(
        ILogger logger, string method, string host, string path, int status, string reason, Route? route, Backend? endpoint, int tries, TimeSpan duration);

    [LoggerMessage(312, LogLevel.Error, "{Method} {Host} failed inside the proxy.")]
    public static partial void InternalError(ILogger logger, string method, string host, Exception error);

    [LoggerMessage(313, LogLevel.Information, "Endpoint {Endpoint} of {ServicePort} keeps failing ({Reason}) and is passed over for {Time}.")]
    public static partial void Ejected(ILogger logger, Backend endpoint, ServicePortName servicePort, TimeSpan time, ResponseReason reason);

    [LoggerMessage(314, LogLevel.Warning, "{Count} lines of the access log were lost: whoever reads it is too slow.")]
    public static partial void AccessLogLost(ILogger logger, long count);

    [LoggerMessage(315, LogLevel.Warning, "The access log cannot be written any more: {Problem}")]
    public static partial void AccessLogEnded(ILogger logger, string problem);

    [LoggerMessage(316, LogLevel.Warning, "HTTP/3 is not served: {Obstacle}. HTTP/1.1 and HTTP/2 are.")]
    public static partial void NoHttp3(ILogger logger, string obstacle);

    [LoggerMessage(320, LogLevel.Warning, "The certificate of Secret {Secret} cannot be used, the default one takes its place: {Problem}")]
    public static partial void BadCertificate(ILogger logger, NamespacedName secret, string problem);

    [LoggerMessage(321, LogLevel.Warning, "The certificate of Secret {Secret} for {Hosts} expires in {Days} days, at {NotAfter:u}.")]
    public static partial void CertificateExpires(ILogger logger, NamespacedName secret, string hosts, int days, DateTimeOffset notAfter);

    [LoggerMessage(322, LogLevel.Warning, "The certificate of Secret {Secret} for {Hosts} has expired, at {NotAfter:u}.")]
    public static partial void CertificateExpired(ILogger logger, NamespacedName secret, string hosts, DateTimeOffset notAfter);

    [LoggerMessage(330, LogLevel.Debug, "A sender that is trusted did not begin with a PROXY header: {Reason}.")]
    public static partial void BadProxyHeader(ILogger logger, string? reason);

    [LoggerMessage(331, LogLevel.Warning, "Cannot accept connections on {EndPoint}: {Error}.")]
    public static partial void AcceptFailed(ILogger logger, IPEndPoint endPoint, SocketError error);

    [LoggerMessage(332, LogLevel.Error, "A connection failed inside the proxy.")]
    public static partial void ConnectionFailed(ILogger logger, Exception error);

    [LoggerMessage(333, LogLevel.Debug, "TLS of {Host} was relayed to endpoint {Endpoint}, tries {Tries}; {Up} bytes up, {Down} down.")]
    public static partial void PassedThrough(ILogger logger, string host, Backend? endpoint, int tries, long up, long down);

    [LoggerMessage(340, LogLevel.Information, "The authentication service of {Route} gave no verdict: {Problem}")]
    public static partial void AuthFailed(ILogger logger, Route route, string problem);
}
