namespace EdgeProxy.Http.Forwarding;

/// <summary>Request targets as they stand in a request line. Bytes are cut off or left alone, never re-encoded.</summary>
internal static class RequestTarget
{
    /// <summary>
    /// Path and query of a target in origin or absolute form (RFC 9112 §3.2); empty for any other form. An absolute form's scheme and
    /// authority are dropped: Kestrel has checked that the authority is the Host header's.
    /// </summary>
    public static string OriginForm(string target)
    {
        if (target.Length > 0 && target[0] == '/')
        {
            return target;
        }

        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0)
        {
            return "";
        }

        var rest = target.AsSpan(scheme + 3);
        var end = rest.IndexOfAny("/?#");
        if (end < 0)
        {
            return "/";
        }

        return rest[end] == '/' ? rest[end..].ToString() : string.Concat("/", rest[end..]);
    }

    /// <summary>A rewritten path with the query that was asked for, after the one the rewrite brought along.</summary>
    public static string Rewritten(string path, string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        if (query < 0)
        {
            return path;
        }

        return path.Contains('?', StringComparison.Ordinal) ? string.Concat(path, "&", target.AsSpan(query + 1)) : string.Concat(path, target.AsSpan(query));
    }
}
