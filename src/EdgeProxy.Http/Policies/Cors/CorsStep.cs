using System.Globalization;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.Policies.Cors;

/// <summary>
/// Annotation enable-cors: answers OPTIONS itself, and says on every answer who may read it; what the endpoint says about that is replaced. For
/// an origin that is not allowed it does nothing at all, and OPTIONS goes to the endpoint.
/// </summary>
internal sealed class CorsStep(CorsPolicy policy) : IRequestStep, IResponseStep
{
    private readonly string _maxAge = policy.MaxAgeSeconds.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange)
    {
        if (!HttpMethods.IsOptions(exchange.Http.Request.Method) || Allowed(exchange) is null)
        {
            return ValueTask.FromResult(ResponseReason.Forwarded);
        }

        exchange.Reply.Headers.ContentType = "text/plain; charset=utf-8";
        return ValueTask.FromResult(ResponseReason.Preflight);
    }

    /// <inheritdoc />
    public void Apply(Exchange exchange, HttpResponse response)
    {
        if (Allowed(exchange) is not { } origin)
        {
            return;
        }

        var headers = response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowMethods = policy.Methods;
        headers.AccessControlAllowHeaders = policy.Headers;
        headers.AccessControlMaxAge = _maxAge;
        headers.AccessControlAllowCredentials = policy.Credentials ? "true" : default;
        if (policy.ExposedHeaders is { } exposed)
        {
            headers.AccessControlExposeHeaders = exposed;
        }

        // A cache must not give one origin's answer to another.
        if (!policy.AnyOrigin && !headers.Vary.Any(line => line is not null && line.Contains(HeaderNames.Origin, StringComparison.OrdinalIgnoreCase)))
        {
            headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        }
    }

    private string? Allowed(Exchange exchange) => policy.Allowed(exchange.Http.Request.Headers.Origin.ToString());
}
