using EdgeProxy.Model.Routing;

namespace EdgeProxy.Http.Policies.Headers;

/// <summary>Annotation x-forwarded-prefix: what rewrite-target cut off, for applications that build links.</summary>
internal sealed class ForwardedPrefixStep(PathRewrite prefix) : IUpstreamStep
{
    /// <inheritdoc />
    public void Apply(Exchange exchange, HttpRequestMessage upstream) => upstream.SetHeader("X-Forwarded-Prefix", prefix.Apply(exchange.Path));
}
