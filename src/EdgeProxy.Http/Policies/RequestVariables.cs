using System.Globalization;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Policies;

/// <summary>Values of the variables that <see cref="VariableText"/> knows, for one request. None can hold a control character.</summary>
internal static class RequestVariables
{
    /// <summary>The text with this request's values.</summary>
    public static string Fill(this VariableText text, Exchange exchange) => text.Fill(exchange, ValueOf);

    private static string ValueOf(Exchange exchange, string name) => name switch
    {
        "host" => HostOf(exchange),
        "http_host" or "best_http_host" => exchange.Http.Request.Headers.Host.ToString(),
        "server_name" => exchange.Route!.Host,
        "scheme" or "pass_access_scheme" => exchange.Client.Scheme,
        "server_port" => exchange.Client.Port,
        "remote_addr" => exchange.Client.AddressText,
        "request_method" => exchange.Http.Request.Method,
        "request_id" => exchange.RequestId,
        "request_uri" => RequestTarget.OriginForm(exchange.RawTarget),
        "uri" => Split(exchange, 0),
        "args" or "query_string" => Split(exchange, 1),
        "namespace" => exchange.Route!.Ingress.Namespace,
        "ingress_name" => exchange.Route!.Ingress.Name,
        "service_name" => exchange.Route!.Backend?.Service.Name ?? "",
        "service_port" => exchange.Route!.Backend is { } backend ? backend.PortName ?? backend.PortNumber.ToString(CultureInfo.InvariantCulture) : "",
        _ => exchange.Http.Request.Headers[name["http_".Length..].Replace('_', '-')].ToString(),
    };

    /// <summary>As nginx has it: without port, lower case; an address too.</summary>
    private static string HostOf(Exchange exchange)
    {
        if (exchange.HostName.Length > 0)
        {
            return exchange.HostName;
        }

        return HostAndPort.Split(exchange.Http.Request.Headers.Host.ToString()).Host.ToLowerInvariant();
    }

    // Path and query as the client wrote them, not decoded: a decoded path may hold line ends, and variables stand in headers.
    private static string Split(Exchange exchange, int part)
    {
        var target = RequestTarget.OriginForm(exchange.RawTarget);
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return (part, query) switch
        {
            (0, < 0) => target,
            (0, _) => target[..query],
            (_, < 0) => "",
            _ => target[(query + 1)..],
        };
    }
}
