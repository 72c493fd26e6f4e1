using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Addresses;

/// <summary>Event ids 250–269.</summary>
internal static partial class AddressLog
{
    [LoggerMessage(250, LogLevel.Debug, "Address {Address} added to {Device}.")]
    public static partial void Added(ILogger logger, IpAddr address, string device);

    [LoggerMessage(251, LogLevel.Debug, "Address {Address} removed from {Device}.")]
    public static partial void Removed(ILogger logger, IpAddr address, string device);

    [LoggerMessage(252, LogLevel.Warning, "Address {Address} cannot be added or removed: {Reason}. The others are served.")]
    public static partial void CannotChange(ILogger logger, IpAddr address, string reason);

    [LoggerMessage(253, LogLevel.Information, "Interface {Device} had {Found} service addresses of an earlier run; {Removed} of them go, {Added} are new.")]
    public static partial void Adopted(ILogger logger, string device, int found, int removed, int added);

    [LoggerMessage(254, LogLevel.Warning, "Service addresses cannot be kept on {Device}: {Reason}.")]
    public static partial void CannotRead(ILogger logger, string device, string reason);

    [LoggerMessage(255, LogLevel.Warning, "Service addresses such as {Addresses} lie in the network {Network} of {Device}, where this host answers ARP for every address it has (arp_ignore=0). Right for one host; where several own the same addresses, set net.ipv4.conf.all.arp_ignore=1 and arp_announce=2.")]
    public static partial void AnswersArp(ILogger logger, IpPrefix addresses, IpPrefix network, string device);

    [LoggerMessage(256, LogLevel.Warning, "The nftables table 'edgeproxy' cannot be changed: {Reason}. What was redirected before still is; new frontends are not, until the next change succeeds.")]
    public static partial void CannotRedirect(ILogger logger, string reason);

    [LoggerMessage(257, LogLevel.Warning, "The nftables table 'edgeproxy' was changed by somebody else ({Reason}) and has been made anew.")]
    public static partial void RedirectedAnew(ILogger logger, string reason);
}
