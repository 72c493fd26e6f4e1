using System.Globalization;
using System.Text;
using EdgeProxy.Http.Forwarding;
using EdgeProxy.Http.Policies.BasicAuth;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Http.Policies;

/// <summary>Puts a request's values into a <see cref="RequestTemplate"/>.</summary>
internal static class TemplateText
{
    /// <summary>The text for one request. What a client sent stays visible ASCII: all else in it is written as <c>%XX</c>.</summary>
    public static string Of(RequestTemplate template, Exchange exchange) => Of(template, exchange, escapes: true);

    /// <summary>The text for one request, values as they came: for header values, where blanks may stand. None has a control character.</summary>
    public static string AsHeader(RequestTemplate template, Exchange exchange) => Of(template, exchange, escapes: false);

    private static string Of(RequestTemplate template, Exchange exchange, bool escapes)
    {
        if (template.Parts is [{ Variable: RequestVariable.None } only])
        {
            return only.Text;
        }

        var text = new StringBuilder();
        foreach (var part in template.Parts)
        {
            if (part.Variable == RequestVariable.None)
            {
                text.Append(part.Text);
            }
            else if (escapes || part.Variable == RequestVariable.Uri)
            {
                // The matched path is decoded, and may hold anything.
                AppendVisible(text, ValueOf(part, exchange));
            }
            else
            {
                text.Append(ValueOf(part, exchange));
            }
        }

        return text.ToString();
    }

    private static string ValueOf(TemplatePart part, Exchange exchange)
    {
        var request = exchange.Http.Request;
        var target = RequestTarget.OriginForm(exchange.RawTarget);
        var route = exchange.Route!; // steps belong to one
        return part.Variable switch
        {
            RequestVariable.Host => exchange.HostName.Length > 0 ? exchange.HostName : request.Headers.Host.ToString(),
            RequestVariable.HttpHost => request.Headers.Host.ToString(),
            RequestVariable.ServerName => route.Host.Length > 0 ? route.Host : "_",
            RequestVariable.ServerPort => exchange.Client.Port,
            RequestVariable.Scheme => exchange.Client.Scheme,
            RequestVariable.RequestUri => target,
            RequestVariable.EscapedRequestUri => Uri.EscapeDataString(target),
            RequestVariable.Uri => PathOf(exchange, target),
            RequestVariable.Query => QueryOf(target),
            RequestVariable.QuestionMark => QueryOf(target).Length > 0 ? "?" : "",
            RequestVariable.Method => request.Method,
            RequestVariable.ClientAddress => exchange.Client.AddressText,
            RequestVariable.User => BasicAuthStep.UserOf(request) ?? "",
            RequestVariable.Namespace => route.Ingress.Namespace,
            RequestVariable.IngressName => route.Ingress.Name,
            RequestVariable.ServiceName => route.Backend?.Service.Name ?? "",
            RequestVariable.ServicePort => route.Backend is { } backend ? backend.PortName ?? backend.PortNumber.ToString(CultureInfo.InvariantCulture) : "",
            RequestVariable.RequestId => exchange.RequestId,
            RequestVariable.Header => request.Headers[part.Text].ToString(),
            RequestVariable.Cookie => CookieHeader.Find(request.Headers.Cookie, part.Text) ?? "",
            _ => ArgumentOf(QueryOf(target), part.Text),
        };
    }

    /// <summary>The matched path; only routes with steps keep it.</summary>
    private static string PathOf(Exchange exchange, string target) =>
        exchange.Path.Length > 0 ? exchange.Path : RequestPath.TryNormalize(target, out var path) ? path.ToString() : "";

    private static string QueryOf(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? "" : target[(query + 1)..];
    }

    private static string ArgumentOf(string query, string name)
    {
        foreach (var pair in query.Split('&'))
        {
            if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return pair[(name.Length + 1)..];
            }
        }

        return "";
    }

    private static void AppendVisible(StringBuilder text, string value)
    {
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            if (b is >= (byte)'!' and <= (byte)'~' and not (byte)'#')
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
            }
        }
    }
}
