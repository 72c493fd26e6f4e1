using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EdgeProxy.Http.Policies.Redirects;

/// <summary>Annotations proxy-redirect-from and proxy-redirect-to: the start of an endpoint's Location, and of the URL in its Refresh.</summary>
internal sealed class UpstreamRedirectStep(TextReplacement replacement) : IResponseStep
{
    /// <inheritdoc />
    public void Apply(Exchange exchange, HttpResponse response)
    {
        var headers = response.Headers;
        if (headers.Location is { Count: 1 } location)
        {
            headers.Location = Replaced(location.ToString());
        }

        if (headers.TryGetValue("Refresh", out var refresh) && refresh.ToString() is { } text
            && text.IndexOf("url=", StringComparison.OrdinalIgnoreCase) is >= 0 and var url)
        {
            headers["Refresh"] = new StringValues(string.Concat(text.AsSpan(0, url + 4), Replaced(text[(url + 4)..])));
        }
    }

    private string Replaced(string text) =>
        text.StartsWith(replacement.From, StringComparison.Ordinal) ? string.Concat(replacement.To, text.AsSpan(replacement.From.Length)) : text;
}
