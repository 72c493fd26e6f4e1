using System.Collections.Immutable;
using System.Text;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Http.Policies.Hashing;

/// <summary>Puts together what annotation upstream-hash-by names, and hashes it.</summary>
internal static class RequestHash
{
    /// <summary>The key of a request.</summary>
    public static ulong Of(Exchange exchange, ImmutableArray<HashPart> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(ValueOf(exchange, part));
        }

        return EndpointWish.KeyOf(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static string? ValueOf(Exchange exchange, HashPart part)
    {
        var request = exchange.Http.Request;
        return part.Variable switch
        {
            HashVariable.RequestUri => exchange.RawTarget,
            HashVariable.Path => Split(exchange.RawTarget).Path,
            HashVariable.Query => Split(exchange.RawTarget).Query,
            HashVariable.ClientAddress => exchange.Client.AddressText,
            HashVariable.Host => exchange.HostName,
            HashVariable.Scheme => exchange.Client.Scheme,
            HashVariable.Method => request.Method,
            HashVariable.Header => request.Headers[part.Name].ToString(),
            HashVariable.Cookie => CookieHeader.Find(request.Headers.Cookie, part.Name),
            HashVariable.Argument => Argument(Split(exchange.RawTarget).Query, part.Name),
            _ => part.Name,
        };
    }

    private static (string Path, string Query) Split(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? (target, "") : (target[..query], target[(query + 1)..]);
    }

    private static string? Argument(string query, string name) => query
        .Split('&')
        .FirstOrDefault(pair => pair.StartsWith(name, StringComparison.Ordinal) && pair.Length > name.Length && pair[name.Length] == '=')
        ?[(name.Length + 1)..];
}
