using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>The controller's ConfigMap → what holds for every host and route. Pure; a value that cannot be used counts as absent.</summary>
internal static class HttpDefaultsReader
{
    /// <summary>Reads it.</summary>
    public static HttpDefaults Read(IReadOnlyDictionary<string, string> configuration) => new()
    {
        StrictTransportSecurity = StrictTransportSecurity(configuration),
        RedirectStatus = Number(configuration, "http-redirect-code") is 301 or 302 or 307 or 308 ? Number(configuration, "http-redirect-code")!.Value : 308,
        HiddenHeaders = HiddenHeaders(configuration),
    };

    private static string? StrictTransportSecurity(IReadOnlyDictionary<string, string> configuration)
    {
        if (!Boolean(configuration, "hsts", true))
        {
            return null;
        }

        var maxAge = Number(configuration, "hsts-max-age") ?? 31_536_000;
        return string.Create(CultureInfo.InvariantCulture, $"max-age={maxAge}")
            + (Boolean(configuration, "hsts-include-subdomains", true) ? "; includeSubDomains" : "")
            + (Boolean(configuration, "hsts-preload", false) ? "; preload" : "");
    }

    // ingress-nginx removes the endpoint's Server header unless told otherwise; here it passes unless told otherwise, since a proxy that
    // changes nothing by itself surprises nobody.
    private static ImmutableArray<string> HiddenHeaders(IReadOnlyDictionary<string, string> configuration)
    {
        var hidden = AnnotationReader.List(configuration.GetValueOrDefault("hide-headers", "")).Where(HeaderText.IsName).ToList();
        if (!Boolean(configuration, "allow-backend-server-header", true))
        {
            hidden.Add("Server");
        }

        return [.. hidden];
    }

    private static bool Boolean(IReadOnlyDictionary<string, string> configuration, string key, bool standard) =>
        configuration.TryGetValue(key, out var text) && GoBoolean.TryParse(text.Trim(), out var value) ? value : standard;

    private static int? Number(IReadOnlyDictionary<string, string> configuration, string key) =>
        configuration.TryGetValue(key, out var text) && int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
