using EdgeProxy.Http.Explain;
using EdgeProxy.Model;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Explaining;

/// <summary>The request that is to be explained, from the command line or from the admin port.</summary>
internal sealed record ExplainQuestion(string Method, string Url, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>From <c>[METHOD] URL</c> and <c>Name: value</c> lines; null when one is wrong, and then it is said.</summary>
    public static ExplainQuestion? Parse(IReadOnlyList<string> request, IEnumerable<string> lines, List<string> errors)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                errors.Add($"header '{line}': must be 'Name: value'");
            }
            else
            {
                headers.Add(KeyValuePair.Create(line[..colon].Trim(), line[(colon + 1)..].Trim()));
            }
        }

        var method = request.Count == 2 ? request[0] : "GET";
        return errors.Count > 0 ? null : new ExplainQuestion(method.ToUpperInvariant(), request[^1], headers);
    }

    /// <summary>From the query <see cref="ToQuery"/> makes.</summary>
    public static ExplainQuestion? Parse(IQueryCollection query, List<string> errors)
    {
        if (query["url"].ToString() is not { Length: > 0 } url)
        {
            errors.Add("the query must have url, and may have method and header");
            return null;
        }

        return Parse(query["method"].ToString() is { Length: > 0 } method ? [method, url] : [url], query["header"].OfType<string>(), errors);
    }

    /// <summary>As a query for the admin port.</summary>
    public string ToQuery() => QueryString.Create(
    [
        KeyValuePair.Create<string, string?>("method", Method),
        KeyValuePair.Create<string, string?>("url", Url),
        .. Headers.Select(header => KeyValuePair.Create<string, string?>("header", $"{header.Key}: {header.Value}")),
    ]).ToString();

    /// <summary>The answer; null when the URL is none, and then it is said.</summary>
    public RequestExplanation? Answer(ProxySnapshot snapshot, List<string> errors)
    {
        try
        {
            return RequestExplainer.Explain(snapshot, Method, Url, Headers);
        }
        catch (FormatException error)
        {
            errors.Add($"'{Url}': {error.Message}");
            return null;
        }
    }
}
