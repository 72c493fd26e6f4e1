using EdgeProxy.Model.Policies;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.Policies.Headers;

/// <summary>Annotation upstream-vhost: the Host endpoints get; X-Forwarded-Host keeps the client's.</summary>
internal sealed class UpstreamHostStep(RequestTemplate host) : IUpstreamStep
{
    /// <inheritdoc />
    public void Apply(Exchange exchange, HttpRequestMessage upstream)
    {
        if (TemplateText.AsHeader(host, exchange) is { Length: > 0 } name)
        {
            upstream.SetHeader(HeaderNames.Host, name);
        }
    }
}
