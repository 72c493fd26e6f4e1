using System.Globalization;
using EdgeProxy.Model;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Admin;

/// <summary>What of a list is wanted: <c>namespace</c>, <c>name</c>, <c>host</c>, a text <c>q</c>, and <c>offset</c> and <c>limit</c> of what matches.</summary>
/// <param name="query">The query of the request.</param>
internal sealed class ListQuery(IQueryCollection query)
{
    private readonly string? _namespace = query["namespace"];
    private readonly string? _name = query["name"];
    private readonly string? _host = query["host"];
    private readonly string? _text = query["q"].ToString() is { Length: > 0 } text ? text : null;

    /// <summary>How many that match are left out at the beginning. Default 0.</summary>
    public int Offset { get; } = Number(query["offset"], 0);

    /// <summary>Most that are told. Default: all.</summary>
    public int Limit { get; } = Number(query["limit"], int.MaxValue);

    /// <summary>True when those in trouble come first (<c>first=trouble</c>).</summary>
    public bool TroubleFirst => query["first"] == "trouble";

    /// <summary>True when an object is of the namespace and has the name that were asked for.</summary>
    public bool Wants(NamespacedName each) => (_namespace is null || each.Namespace == _namespace) && (_name is null || each.Name == _name);

    /// <summary>True when a rule's host is the one that was asked for.</summary>
    public bool WantsHost(string host) => _host is null || host.Equals(_host, StringComparison.OrdinalIgnoreCase);

    /// <summary>True when one of these has the text, in whatever case, or none was asked for.</summary>
    public bool Finds(params ReadOnlySpan<string?> texts)
    {
        if (_text is null)
        {
            return true;
        }

        foreach (var each in texts)
        {
            if (each?.Contains(_text, StringComparison.OrdinalIgnoreCase) is true)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The part that is wanted.</summary>
    public IEnumerable<T> Page<T>(IEnumerable<T> matching) => matching.Skip(Offset).Take(Limit);

    private static int Number(string? text, int otherwise) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
