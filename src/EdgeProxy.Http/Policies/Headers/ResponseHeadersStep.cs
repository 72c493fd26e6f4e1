using System.Collections.Immutable;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies.Headers;

/// <summary>Annotation custom-headers, and the response headers of translated snippets.</summary>
internal sealed class ResponseHeadersStep(ImmutableArray<HeaderEdit> edits) : IResponseStep
{
    /// <inheritdoc />
    public void Apply(Exchange exchange, HttpResponse response)
    {
        foreach (var edit in edits)
        {
            if (edit.Change == HeaderChange.AddOnSuccess && !IsSuccess(response.StatusCode))
            {
                continue;
            }

            // nginx leaves out a header whose value is empty.
            var value = edit.Value is { } template ? TemplateText.AsHeader(template, exchange) : "";
            if (edit.Change is HeaderChange.Set or HeaderChange.Remove)
            {
                response.Headers.Remove(edit.Name);
            }

            if (value.Length > 0)
            {
                response.Headers.Append(edit.Name, value);
            }
        }
    }

    // nginx: ngx_http_headers_module, add_header without "always".
    private static bool IsSuccess(int status) => status is 200 or 201 or 204 or 206 or 301 or 302 or 303 or 304 or 307 or 308;
}
