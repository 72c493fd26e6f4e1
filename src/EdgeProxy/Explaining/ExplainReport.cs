using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using EdgeProxy.Http.Explain;

namespace EdgeProxy.Explaining;

/// <summary>An explanation as text, the way of the request from top to bottom.</summary>
internal static class ExplainReport
{
    /// <summary>How it is written as JSON.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For people: what was chosen has an arrow, what was not has its reason.</summary>
    public static string ToText(RequestExplanation explanation)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{explanation.Method} {explanation.Request}  (snapshot {explanation.Generation})\n\n");
        text.Append(CultureInfo.InvariantCulture, $"listener   {explanation.Listener}\n");
        if (explanation.Certificate is { } certificate)
        {
            text.Append(CultureInfo.InvariantCulture, $"certificate {certificate}\n");
        }

        foreach (var host in explanation.Hosts)
        {
            text.Append(CultureInfo.InvariantCulture, $"host       {Arrow(host.IsChosen)} {host.Host}: {host.Why}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"path       {explanation.Path}\n");
        foreach (var rule in explanation.Candidates)
        {
            var type = rule.Type.Length == 0 ? "" : $" ({rule.Type})";
            text.Append(CultureInfo.InvariantCulture, $"rule       {Arrow(rule.IsChosen)} {rule.Ingress} {rule.Host} {rule.Path}{type}: {rule.Why}\n");
        }

        if (!explanation.Steps.IsDefaultOrEmpty)
        {
            text.Append(CultureInfo.InvariantCulture, $"steps      {string.Join(", ", explanation.Steps)}\n");
        }

        if (explanation.Service is { } service)
        {
            text.Append(CultureInfo.InvariantCulture, $"service    {service}\n");
        }

        foreach (var endpoint in explanation.Endpoints)
        {
            text.Append(CultureInfo.InvariantCulture, $"endpoint   {Arrow(endpoint.IsCandidate)} {endpoint.Address}: {endpoint.Why} (active {endpoint.Active}, weight {endpoint.Weight})\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\noutcome    {explanation.Outcome}{(explanation.Status == 0 ? "" : $", {explanation.Status}")}{(explanation.Location is { } location ? $" to {location}" : "")}\n");
        if (explanation.UpstreamRequest is { } upstream)
        {
            text.Append(CultureInfo.InvariantCulture, $"upstream   {upstream}\n");
        }

        return text.ToString();
    }

    private static string Arrow(bool isChosen) => isChosen ? "→" : "·";
}
