using System.Globalization;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Http.Policies.Headers;

namespace EdgeProxy.Http.Policies.Errors;

/// <summary>A request that the default backend gets in the place of a route's own Service, and what it is told about the failure.</summary>
/// <param name="Code">The status it stands in for.</param>
/// <param name="IsWhole">
/// True when nobody has seen the request yet, so that the default backend gets it as it is; false: it is asked for a page, by GET of <c>/</c>.
/// </param>
internal sealed record ErrorPageRequest(int Code, bool IsWhole)
{
    /// <summary>The target it gets.</summary>
    public string TargetOf(Exchange exchange) => IsWhole ? exchange.ForwardedTarget : "/";

    /// <summary>Puts ingress-nginx's headers on a request that is complete otherwise.</summary>
    public void Complete(Exchange exchange, HttpRequestMessage upstream)
    {
        var route = exchange.Route!;
        if (!IsWhole)
        {
            upstream.Method = upstream.Method == HttpMethod.Head ? HttpMethod.Head : HttpMethod.Get;
            upstream.Content = null;
        }

        upstream.SetHeader("X-Code", Code.ToString(CultureInfo.InvariantCulture));
        upstream.SetHeader("X-Format", exchange.Http.Request.Headers.Accept.ToString());
        upstream.SetHeader("X-Original-URI", RequestTarget.OriginForm(exchange.RawTarget));
        upstream.SetHeader("X-Namespace", route.Ingress.Namespace);
        upstream.SetHeader("X-Ingress-Name", route.Ingress.Name);
        upstream.SetHeader("X-Service-Name", route.Backend?.Service.Name ?? "");
        upstream.SetHeader("X-Service-Port", route.Backend is null ? "" : PortOf(exchange));
    }

    private static string PortOf(Exchange exchange) =>
        exchange.Snapshot.Find(exchange.Route!.Backend!) is { } port
            ? port.Config.Port.ToString(CultureInfo.InvariantCulture)
            : exchange.Route.Backend!.PortName ?? exchange.Route.Backend.PortNumber.ToString(CultureInfo.InvariantCulture);
}
