using System.Net;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Policies.ExternalAuth;

/// <summary>
/// Which addresses an auth-url may lead to. Whoever writes an Ingress makes the proxy send requests: they must not reach the proxy's own machine or a
/// cloud's metadata service (169.254.169.254).
/// </summary>
internal static class AuthTargets
{
    private static readonly IpPrefix[] Local =
    [
        Prefix("0.0.0.0/8"), Prefix("127.0.0.0/8"), Prefix("169.254.0.0/16"), Prefix("224.0.0.0/3"),
        Prefix("::/127"), Prefix("fe80::/10"), Prefix("ff00::/8"), Prefix("fd00:ec2::254/128"),
    ];

    /// <summary>True when an address is neither this machine's own, nor link-local, nor multicast.</summary>
    public static bool Allows(IPAddress address)
    {
        var ip = IpAddr.From(address);
        return !Array.Exists(Local, range => range.Contains(ip));
    }

    private static IpPrefix Prefix(string text) =>
        IpPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException($"'{text}' is not a CIDR.");
}
