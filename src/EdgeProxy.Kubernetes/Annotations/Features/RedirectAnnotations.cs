using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Redirects.</summary>
internal sealed class RedirectAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Redirects";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("app-root", "path", "request for exactly / on the host answers 302 to scheme://host + value; value must be an absolute path"),
        new("ssl-redirect", "bool, config ssl-redirect=true", "308 to https (host without port) when the host has a certificate entry; off = serve both") { HasConfigKey = true },
        new("force-ssl-redirect", "bool, false", "same without any tls section (TLS ended in front); loops unless forwarded proto is trusted") { HasConfigKey = true },
        new("preserve-trailing-slash", "bool, false", "keeps a final / in the https redirect; by default it is cut off")
        {
            Support = AnnotationSupport.Differs,
            Note = "the slash is kept unless \"false\" is written: without it applications answer 404, or redirect once more",
        },
        new("permanent-redirect", "http(s) URL or path", "answers 301 with exactly this Location for every path of the Ingress"),
        new("permanent-redirect-code", "300..308, else 301", "status for permanent-redirect"),
        new("temporal-redirect", "URL", "answers 302; wins over permanent-redirect"),
        new("temporal-redirect-code", "300..307, else 302", "status for temporal-redirect"),
        new("from-to-www-redirect", "bool, false", "the other spelling (with/without www.) of the host answers 308 to scheme://host:port + uri; skipped when that name has its own rules; certificate must cover both"),
        new("relative-redirects", "bool, false", "Location of redirects made by the proxy is a path instead of an absolute URL")
        {
            Support = AnnotationSupport.NoEffect,
            Note = "a redirect to a path is always sent as that path",
            HasConfigKey = true,
        },
        new("use-port-in-redirects", "bool, false", "https redirects carry the listener port") { HasConfigKey = true },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        ReadHttps(reader);
        if (reader.Boolean("from-to-www-redirect") == true)
        {
            reader.Host = reader.Host with { RedirectsWww = true };
        }

        if (reader.Text("app-root") is { } root)
        {
            if (root[0] == '/' && IsLocation(root))
            {
                reader.Host = reader.Host with { AppRoot = root };
            }
            else
            {
                reader.Invalid("app-root", root, "must be a path that starts with '/'");
            }
        }

        var redirect = Redirect(reader, "temporal-redirect", 307, 302) ?? Redirect(reader, "permanent-redirect", 308, 301);
        if (redirect is not null)
        {
            reader.Route = reader.Route with { Redirect = redirect };
        }
    }

    private static void ReadHttps(AnnotationReader reader)
    {
        reader.SslRedirect = reader.Boolean("ssl-redirect") ?? true;
        reader.ForceSslRedirect = reader.Boolean("force-ssl-redirect") ?? false;
        var spelling = new HttpsRedirectPolicy(
            CutsTrailingSlash: reader.Boolean("preserve-trailing-slash") == false,
            CarriesPort: reader.Boolean("use-port-in-redirects") ?? false);
        if (spelling.CutsTrailingSlash || spelling.CarriesPort)
        {
            reader.Route = reader.Route with { HttpsRedirect = spelling };
        }
    }

    private static RedirectPolicy? Redirect(AnnotationReader reader, string name, int highest, int standard)
    {
        if (reader.Text(name) is not { } location)
        {
            return null;
        }

        if (!IsLocation(location))
        {
            reader.Invalid(name, location, "must be an http or https URL, or a path");
            return null;
        }

        return new RedirectPolicy(location, reader.Integer(name + "-code", 300, highest) ?? standard);
    }

    /// <summary>What may stand in a Location header: read as a URL, so that nothing else gets in (CVE-2023-5044).</summary>
    internal static bool IsLocation(string text) =>
        !text.AsSpan().ContainsAnyExceptInRange('!', '~')
        && (text[0] == '/' || (Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)));
}
