using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Announcing;

/// <summary>Event ids 270–289.</summary>
internal static partial class AnnouncingLog
{
    [LoggerMessage(270, LogLevel.Information, "This node announces {Address} on {Device}.")]
    public static partial void Taken(ILogger logger, IpAddr address, string device);

    [LoggerMessage(271, LogLevel.Information, "This node does not announce {Address} on {Device} any more: {Reason}.")]
    public static partial void Withdrawn(ILogger logger, IpAddr address, string device, string reason);

    [LoggerMessage(272, LogLevel.Warning, "{Address} is not announced: {Holder} on {Device} has it and does not give it up. It is asked again.")]
    public static partial void Conflict(ILogger logger, IpAddr address, string holder, string device);

    [LoggerMessage(273, LogLevel.Warning, "{Rival} on {Device} says to have {Address}, which this node announces: clients may reach either.")]
    public static partial void Claimed(ILogger logger, IpAddr address, string rival, string device);

    [LoggerMessage(274, LogLevel.Warning, "This process stood still for {Seconds:0.0} s and may have been given up: {Count} addresses are withdrawn.")]
    public static partial void StoodStill(ILogger logger, double seconds, int count);

    [LoggerMessage(275, LogLevel.Warning, "The Lease of this node was not renewed in time, or those of other nodes are not seen: {Consequence}.")]
    public static partial void Adrift(ILogger logger, string consequence);

    [LoggerMessage(276, LogLevel.Information, "This node may announce load-balancer addresses; alive are {Nodes}.")]
    public static partial void Member(ILogger logger, string nodes);

    [LoggerMessage(277, LogLevel.Warning, "{Address} is announced nowhere: no interface of any live node is on its network. Name one with --load-balancer-interface.")]
    public static partial void NoInterface(ILogger logger, IpAddr address);

    [LoggerMessage(278, LogLevel.Warning, "{Address} is not announced from here: this host has it already, for good.")]
    public static partial void HostHasIt(ILogger logger, IpAddr address);

    [LoggerMessage(279, LogLevel.Warning, "{Address} cannot be announced: {Reason}.")]
    public static partial void CannotHold(ILogger logger, IpAddr address, string reason);

    [LoggerMessage(280, LogLevel.Warning, "The interfaces of this host cannot be read, so that addresses stay where they are: {Reason}.")]
    public static partial void CannotLook(ILogger logger, string reason);

    [LoggerMessage(281, LogLevel.Information, "Load-balancer addresses can be announced on {Interfaces}.")]
    public static partial void Offers(ILogger logger, string interfaces);

    [LoggerMessage(282, LogLevel.Error, "Announcing failed by a fault of ours; it goes on.")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(283, LogLevel.Warning, "Load-balancer addresses are not announced from this node: {Reason}. Everything else is served.")]
    public static partial void Unavailable(ILogger logger, string reason);
}
