using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using EdgeProxy.Demo.Pods;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeProxy.Demo.Http;

/// <summary>What a pod tells about itself and the request it was asked with.</summary>
internal sealed record RequestReport(
    string Pod,
    string Namespace,
    string Node,
    string Address,
    string Client,
    string Protocol,
    string Method,
    string Target,
    long BodyBytes,
    IReadOnlyDictionary<string, string> Headers)
{
    // The stricter default escapes "&" and "+", for JSON inside HTML; this is application/json for people and jq.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static RequestReport Of(HttpContext context, PlayedPod pod, long bodyBytes) => new(
        pod.Name,
        pod.Namespace,
        pod.Node,
        new IPEndPoint(pod.Address, context.Connection.LocalPort).ToString(),
        $"{new IPEndPoint(context.Connection.RemoteIpAddress ?? IPAddress.None, context.Connection.RemotePort)}",
        context.Request.Protocol,
        context.Request.Method,
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
        bodyBytes,
        HeadersOf(context.Request));

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    public string ToText()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"pod        {Pod}\n");
        text.Append(CultureInfo.InvariantCulture, $"namespace  {Namespace}\n");
        text.Append(CultureInfo.InvariantCulture, $"node       {Node}\n");
        text.Append(CultureInfo.InvariantCulture, $"address    {Address}\n");
        text.Append(CultureInfo.InvariantCulture, $"client     {Client}\n");
        text.Append(CultureInfo.InvariantCulture, $"body       {BodyBytes} bytes\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{Method} {Target} {Protocol}\n");
        foreach (var (name, value) in Headers)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
        }

        return text.ToString();
    }

    // Kestrel does not keep the order headers came in, so they are sorted; several lines of one name become one, in their order
    // (RFC 9110 §5.3). Names that begin with ":" are HTTP/2's request line, which is told already.
    private static SortedDictionary<string, string> HeadersOf(HttpRequest request)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in request.Headers)
        {
            if (!name.StartsWith(':'))
            {
                headers.Add(name, string.Join(", ", values.AsEnumerable()));
            }
        }

        return headers;
    }
}
