using System.Text;
using System.Text.RegularExpressions;

namespace EdgeProxy.Model.Routing;

/// <summary>Annotation rewrite-target, compiled: what matched decides the new path, the query is kept.</summary>
/// <remarks>ingress-nginx: <c>(?i)</c> + rule path, anchored at the start only; text behind the match is dropped; a group that took no part is empty.</remarks>
public sealed class PathRewrite
{
    private const string PathChars = "-._~!$&'()*+,;=:@/";

    // What the user wrote may hold escapes of its own; what a client put into a group must not become a parameter.
    private const string QueryChars = PathChars + "?%";
    private const string GroupInQueryChars = "-._~!$'()*,;:@/";

    private readonly Regex _pattern;
    private readonly string _path;
    private readonly string? _query;

    /// <summary>Compiles a rule path, already checked by <see cref="TryCompile"/>, and its target.</summary>
    public PathRewrite(Regex pattern, string target)
    {
        _pattern = pattern;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        _path = OneCharPerByte(question < 0 ? target : target[..question]);
        _query = question < 0 ? null : OneCharPerByte(target[(question + 1)..]);
    }

    /// <summary>The same groups put into another text.</summary>
    public PathRewrite WithTarget(string target) => new(_pattern, target);

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

    /// <summary>
    /// The new path for a normalised request path, percent-encoded where a path must be, and with the target's own query if it has one; the
    /// request's query comes after that (nginx's <c>rewrite</c>).
    /// </summary>
    public string Apply(ReadOnlySpan<char> path)
    {
        var match = _pattern.Match(path.ToString());
        var result = Fill(new StringBuilder(), _path, match, PathChars, PathChars);
        if (result.Length == 0 || result[0] != '/')
        {
            result.Insert(0, '/');
        }

        return (_query is null ? result : Fill(result.Append('?'), _query, match, QueryChars, GroupInQueryChars)).ToString();
    }

    /// <summary>Appends the template with its groups put in: <c>$1</c>…<c>$9</c>, and <c>$0</c> for the whole match.</summary>
    private static StringBuilder Fill(StringBuilder result, string template, Match match, string templateChars, string groupChars)
    {
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] == '$' && i + 1 < template.Length && char.IsAsciiDigit(template[i + 1]))
            {
                Encode(result, match.Groups[template[++i] - '0'].ValueSpan, groupChars);
            }
            else
            {
                Encode(result, template.AsSpan(i, 1), templateChars);
            }
        }

        return result;
    }

    /// <summary>Pattern and target in the form of the paths they meet (<see cref="RequestPath"/>), and of PCRE without its UTF mode.</summary>
    private static string OneCharPerByte(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>The text is in decoded form, one byte per char; letters, digits and <paramref name="unescaped"/> stay (RFC 3986), the rest is escaped.</summary>
    private static void Encode(StringBuilder result, ReadOnlySpan<char> text, string unescaped)
    {
        foreach (var c in text)
        {
            if (char.IsAsciiLetterOrDigit(c) || unescaped.Contains(c, StringComparison.Ordinal))
            {
                result.Append(c);
            }
            else
            {
                result.Append('%').Append("0123456789ABCDEF"[(c >> 4) & 15]).Append("0123456789ABCDEF"[c & 15]);
            }
        }
    }
}
