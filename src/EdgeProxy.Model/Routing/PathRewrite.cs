using System.Text;
using System.Text.RegularExpressions;

namespace EdgeProxy.Model.Routing;

/// <summary>Annotation rewrite-target, compiled: what matched decides the new path, the query is kept.</summary>
/// <remarks>ingress-nginx: <c>(?i)</c> + rule path, anchored at the start only; text behind the match is dropped; a group that took no part is empty.</remarks>
public sealed class PathRewrite
{
    private readonly Regex _pattern;
    private readonly string _target;

    /// <summary>Compiles a rule path, already checked by <see cref="TryCompile"/>, and its target.</summary>
    public PathRewrite(Regex pattern, string target)
    {
        _pattern = pattern;
        _target = OneCharPerByte(target);
    }

    /// <summary>
    /// Reads a rule path as ingress-nginx does in regex mode. False for what the non-backtracking engine does not do (back-references,
    /// look-around): a pattern from an object must never be able to stall the proxy.
    /// </summary>
    public static bool TryCompile(string rulePath, out Regex? pattern)
    {
        try
        {
            pattern = new Regex("^" + OneCharPerByte(rulePath), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
            return true;
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            pattern = null;
            return false;
        }
    }

    /// <summary>The new path for a normalised request path, percent-encoded where a path must be.</summary>
    public string Apply(ReadOnlySpan<char> path)
    {
        var match = _pattern.Match(path.ToString());
        var result = new StringBuilder(_target.Length + path.Length);
        for (var i = 0; i < _target.Length; i++)
        {
            if (_target[i] == '$' && i + 1 < _target.Length && char.IsAsciiDigit(_target[i + 1]))
            {
                result.Append(match.Groups[_target[++i] - '0'].ValueSpan);
            }
            else
            {
                result.Append(_target[i]);
            }
        }

        if (result.Length == 0 || result[0] != '/')
        {
            result.Insert(0, '/');
        }

        return Encode(result);
    }

    /// <summary>Pattern and target in the form of the paths they meet (<see cref="RequestPath"/>), and of PCRE without its UTF mode.</summary>
    private static string OneCharPerByte(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>The path is in decoded form, one byte per char; RFC 3986 pchar and <c>/</c> stay, everything else is escaped.</summary>
    private static string Encode(StringBuilder path)
    {
        const string Unescaped = "-._~!$&'()*+,;=:@/";
        var encoded = new StringBuilder(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            var c = path[i];
            if (char.IsAsciiLetterOrDigit(c) || Unescaped.Contains(c, StringComparison.Ordinal))
            {
                encoded.Append(c);
            }
            else
            {
                encoded.Append('%').Append("0123456789ABCDEF"[(c >> 4) & 15]).Append("0123456789ABCDEF"[c & 15]);
            }
        }

        return encoded.ToString();
    }
}
