namespace EdgeProxy.Http.Forwarding;

/// <summary>The two parts of a Host header (RFC 9110 §7.2).</summary>
internal static class HostAndPort
{
    /// <summary>The host, an IPv6 address with its brackets, and <c>:port</c>, empty when there is none.</summary>
    public static (string Host, string Port) Split(string host)
    {
        var colon = host.IndexOf(':', host.StartsWith('[') ? Math.Max(host.IndexOf(']', StringComparison.Ordinal), 0) : 0);
        return colon < 0 ? (host, "") : (host[..colon], host[colon..]);
    }
}
