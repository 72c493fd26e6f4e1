using System.Buffers;

namespace EdgeProxy.Kubernetes.Annotations;

/// <summary>What may stand where in header fields: text from an annotation must not become more than one value.</summary>
internal static class FieldText
{
    private static readonly SearchValues<char> HostChars =
        SearchValues.Create("-._:[]0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>RFC 6265 §4.1.1: the value of Path or Domain.</summary>
    public static bool IsCookieAttribute(string text) => !text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.Contains(';', StringComparison.Ordinal);

    /// <summary>A host, with a port or without.</summary>
    public static bool IsHost(string text) => !text.AsSpan().ContainsAnyExcept(HostChars);
}
