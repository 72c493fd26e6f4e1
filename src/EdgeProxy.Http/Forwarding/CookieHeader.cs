using Microsoft.Extensions.Primitives;

namespace EdgeProxy.Http.Forwarding;

/// <summary>Cookies of a request, looked at in place.</summary>
internal static class CookieHeader
{
    /// <summary>The first cookie of that name, as nginx takes it: browsers send the one of the longest path first. Null when there is none.</summary>
    public static string? Find(StringValues lines, ReadOnlySpan<char> name)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].AsSpan();
            foreach (var range in line.Split(';'))
            {
                var pair = line[range].Trim(" \t");
                var equals = pair.IndexOf('=');
                if (equals > 0 && pair[..equals].SequenceEqual(name))
                {
                    return pair[(equals + 1)..].ToString();
                }
            }
        }

        return null;
    }
}
