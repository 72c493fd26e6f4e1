namespace EdgeProxy.Model;

/// <summary>
/// Addresses that no URL and no name of a user may lead to. Whoever writes an Ingress makes the proxy send requests: they must not reach the proxy's own
/// machine or a cloud's metadata service (169.254.169.254).
/// </summary>
public static class LocalTargets
{
    private static readonly IpPrefix[] Ranges =
    [
        Prefix("0.0.0.0/8"), Prefix("127.0.0.0/8"), Prefix("169.254.0.0/16"), Prefix("224.0.0.0/3"),
        Prefix("::/127"), Prefix("fe80::/10"), Prefix("ff00::/8"), Prefix("fd00:ec2::254/128"),
    ];

    /// <summary>True for an address that is this machine's own, unspecified, link-local or multicast.</summary>
    public static bool Contains(IpAddr address) => Array.Exists(Ranges, range => range.Contains(address));

    private static IpPrefix Prefix(string text) =>
        IpPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException($"'{text}' is not a CIDR.");
}
