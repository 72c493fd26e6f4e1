using System.Net.Sockets;
using EdgeProxy.Demo.Pods;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Demo;

/// <summary>What played pods log. Event ids 900–919.</summary>
internal static partial class DemoLog
{
    [LoggerMessage(900, LogLevel.Debug, "Pod {Namespace}/{Name} listens on {Port}.")]
    public static partial void Opened(ILogger logger, string @namespace, string name, PodPort port);

    [LoggerMessage(901, LogLevel.Debug, "Pod {Namespace}/{Name} stopped listening on {Port}.")]
    public static partial void Closed(ILogger logger, string @namespace, string name, PodPort port);

    [LoggerMessage(902, LogLevel.Warning, "Pod port {Port} could not accept a connection: {Error}. Trying again.")]
    public static partial void AcceptFailed(ILogger logger, PodPort port, SocketError error);

    [LoggerMessage(903, LogLevel.Debug, "A connection to pod port {Port} broke: {Error}.")]
    public static partial void ConnectionBroken(ILogger logger, PodPort port, SocketError error);

    [LoggerMessage(904, LogLevel.Warning, "A connection to pod port {Port} failed.")]
    public static partial void SessionFailed(ILogger logger, PodPort port, Exception exception);

    [LoggerMessage(905, LogLevel.Debug, "Pod port {Port} could not answer a datagram: {Error}.")]
    public static partial void DatagramLost(ILogger logger, PodPort port, SocketError error);

    [LoggerMessage(906, LogLevel.Warning, "Pod port {Port} did not stop cleanly.")]
    public static partial void StopFailed(ILogger logger, PodPort port, Exception exception);
}
