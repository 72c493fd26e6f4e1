using System.Net;

namespace EdgeProxy.Model.Routing;

/// <summary>The host of a request in the form that is matched: without port, lower case, without a trailing dot.</summary>
public static class HostName
{
    /// <summary>
    /// Normalises a Host header, an <c>:authority</c> or a server name. Empty when it can match no rule host: missing, an address, or a
    /// name with a star in it, which must never be taken for the key of a wildcard rule.
    /// </summary>
    public static string Normalize(string? host)
    {
        if (string.IsNullOrEmpty(host) || host[0] == '[' || host.Contains('*', StringComparison.Ordinal))
        {
            return "";
        }

        var colon = host.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? host : host[..colon];
        if (name.EndsWith('.'))
        {
            name = name[..^1];
        }

        // Only a name that ends in a digit can be an IPv4 address; the check is not free.
        if (name.Length == 0 || (char.IsAsciiDigit(name[^1]) && IPAddress.TryParse(name, out _)))
        {
            return "";
        }

        return name.AsSpan().ContainsAnyInRange('A', 'Z') ? name.ToLowerInvariant() : name;
    }

    /// <summary>
    /// The wildcard rule host that covers <paramref name="host"/> (<c>*.example.com</c> for <c>www.example.com</c>), or null: the star stands
    /// for exactly one label, and it must not be empty.
    /// </summary>
    public static string? WildcardFor(string host)
    {
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && dot < host.Length - 1 ? string.Concat("*", host.AsSpan(dot)) : null;
    }
}
