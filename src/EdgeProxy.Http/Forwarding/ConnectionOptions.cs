using Microsoft.Extensions.Primitives;

namespace EdgeProxy.Http.Forwarding;

/// <summary>The tokens of a list header such as Connection, looked at in place.</summary>
internal readonly struct ConnectionOptions
{
    private readonly StringValues _lines;

    private ConnectionOptions(StringValues lines) => _lines = lines;

    /// <summary>Reads header lines.</summary>
    public static ConnectionOptions Of(StringValues lines) => new(lines);

    /// <summary>True when the list has the token; case does not matter.</summary>
    public bool Contains(ReadOnlySpan<char> token)
    {
        for (var i = 0; i < _lines.Count; i++)
        {
            var line = _lines[i].AsSpan();
            foreach (var range in line.Split(','))
            {
                if (line[range].Trim(" \t").Equals(token, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
