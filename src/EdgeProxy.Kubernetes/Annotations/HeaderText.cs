using System.Buffers;
using System.Collections.Frozen;

namespace EdgeProxy.Kubernetes.Annotations;

/// <summary>What may be a header's name or value (RFC 9110 §5.1, §5.5), so that nothing an object says can become a line of its own.</summary>
internal static class HeaderText
{
    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly FrozenSet<string> Framing = new[]
    {
        "Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>True for a token (RFC 9110 §5.6.2), as names of headers and cookies are.</summary>
    public static bool IsName(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(TokenChars);

    /// <summary>True for a token that does not say where a message ends or what becomes of its connection.</summary>
    public static bool IsEditable(string name) => IsName(name) && !Framing.Contains(name);

    /// <summary>True for one line of Latin-1 text without control characters.</summary>
    public static bool IsValue(string text) => text.All(c => c is '\t' or (>= ' ' and <= '~') or (>= '\xa0' and <= '\xff'));
}
