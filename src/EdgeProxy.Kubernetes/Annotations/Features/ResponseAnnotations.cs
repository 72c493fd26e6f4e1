using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Responses, errors, headers. default-backend is documented with routing and read here, where it is used.</summary>
internal sealed class ResponseAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Responses, errors, headers";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("custom-headers", "ns/configmap, names must be in global-allowed-response-headers", "response headers; unknown map or header = 503") { Restricts = true },
        new("custom-http-errors", "csv of 4xx/5xx", "listed codes from the endpoint are replaced by the default backend's answer (headers X-Code, X-Format, X-Original-URI, X-Namespace, X-Ingress-Name, X-Service-Name, X-Service-Port, X-Request-ID)")
        {
            Support = AnnotationSupport.Differs,
            Note = "needs default-backend on the same Ingress or --default-backend-service, which is asked by GET without the body; refusals by authentication, address lists and limits are never replaced",
            HasConfigKey = true,
        },
        new("disable-proxy-intercept-errors", "bool, false", "opt out of interception"),
        new("proxy-cookie-domain", "off, or from to", "rewrites Domain of Set-Cookie")
        {
            Support = AnnotationSupport.Differs,
            Note = "plain text only: regular expressions and variables are refused",
            HasConfigKey = true,
        },
        new("proxy-cookie-path", "off, or from to", "rewrites Path of Set-Cookie")
        {
            Support = AnnotationSupport.Differs,
            Note = "plain text only: regular expressions and variables are refused",
            HasConfigKey = true,
        },
        new("proxy-redirect-from", "off (default), default, text", "rewrites Location and Refresh of the endpoint")
        {
            Support = AnnotationSupport.Differs,
            Note = "plain text only: regular expressions and variables are refused; default has no effect, endpoints never see our name for them",
            HasConfigKey = true,
        },
        new("proxy-redirect-to", "text, off", "replacement for the former") { HasConfigKey = true },
        new("http2-push-preload", "bool, false", "HTTP/2 push; gone from browsers and Kestrel")
        {
            Support = AnnotationSupport.NoEffect,
            Note = "browsers have dropped HTTP/2 push; Link headers pass",
        },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        ReadCustomHeaders(reader);
        ReadErrorPages(reader);
        ReadCookies(reader);
        ReadRedirects(reader);
    }

    private static void ReadCustomHeaders(AnnotationReader reader)
    {
        const string Name = "custom-headers";
        if (reader.ConfigMap(Name) is not { } map)
        {
            return;
        }

        var allowed = AnnotationReader.List(reader.ConfigurationText("global-allowed-response-headers") ?? "");
        var edits = ImmutableArray.CreateBuilder<HeaderEdit>();
        foreach (var (name, value) in (map.Data ?? []).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            var trimmed = value.Trim();
            if (!allowed.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                reader.Close(Name, $"ConfigMap {map.Name}: header \"{name}\" is not in global-allowed-response-headers");
                return;
            }

            if (!HeaderText.IsEditable(name) || !HeaderText.IsValue(trimmed))
            {
                reader.Close(Name, $"ConfigMap {map.Name}: \"{name}\" is not a header that can be set, or its value is none");
                return;
            }

            edits.Add(new HeaderEdit(HeaderChange.Set, name, RequestTemplate.Literal(trimmed)));
        }

        if (edits.Count > 0)
        {
            reader.Route = reader.Route with { ResponseHeaders = edits.ToImmutable() };
        }
    }

    private static void ReadErrorPages(AnnotationReader reader)
    {
        var codes = reader.Boolean("disable-proxy-intercept-errors") == true ? [] : Codes(reader);
        if (reader.Text("default-backend") is { } service)
        {
            var name = new NamespacedName(reader.Ingress.Name.Namespace, service);
            reader.Route = reader.Route with { ErrorPages = new ErrorPagePolicy(name, codes, StandsIn: true) };
        }
        else if (codes.Count > 0 && reader.Options.DefaultBackendService is { } forAll)
        {
            reader.Route = reader.Route with { ErrorPages = new ErrorPagePolicy(forAll, codes, StandsIn: false) };
        }
        else if (codes.Count > 0)
        {
            reader.Note("custom-http-errors", "there is neither a default-backend nor --default-backend-service to answer in the endpoint's place; its errors pass as they are");
        }
    }

    private static FrozenSet<int> Codes(AnnotationReader reader)
    {
        const string Name = "custom-http-errors";
        if (reader.Text(Name) is not { } text)
        {
            return [];
        }

        var codes = new HashSet<int>();
        foreach (var entry in AnnotationReader.List(text))
        {
            if (!int.TryParse(entry, NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code is < 400 or > 599)
            {
                reader.Invalid(Name, entry, "must be statuses from 400 to 599 divided by commas");
                return [];
            }

            codes.Add(code);
        }

        return codes.ToFrozenSet();
    }

    private static void ReadCookies(AnnotationReader reader)
    {
        var policy = new CookieRewritePolicy(Replacement(reader, "proxy-cookie-domain"), Replacement(reader, "proxy-cookie-path"));
        if (policy.Domain is not null || policy.Path is not null)
        {
            reader.Route = reader.Route with { Cookies = policy };
        }
    }

    /// <summary><c>from to</c>; null for <c>off</c>.</summary>
    private static TextReplacement? Replacement(AnnotationReader reader, string name)
    {
        if (reader.Text(name) is not { } text || text == "off")
        {
            return null;
        }

        if (text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var from, var to] && IsPlain(from) && IsPlain(to) && !to.Contains(';', StringComparison.Ordinal))
        {
            return new TextReplacement(from, to);
        }

        reader.Invalid(name, text, "must be off, or two words without regular expressions and variables");
        return null;
    }

    private static void ReadRedirects(AnnotationReader reader)
    {
        const string From = "proxy-redirect-from";
        const string To = "proxy-redirect-to";
        if (reader.Text(From) is not { } from || from is "off" or "default" || reader.Text(To) is not { } to || to == "off")
        {
            return;
        }

        if (!IsPlain(from))
        {
            reader.Invalid(From, from, "must be off, default, or text without spaces, regular expressions and variables");
        }
        else if (!IsPlain(to))
        {
            reader.Invalid(To, to, "must be off, or text without spaces and variables");
        }
        else
        {
            reader.Route = reader.Route with { UpstreamRedirects = new TextReplacement(from, to) };
        }
    }

    /// <summary>Text that means itself: nginx reads <c>~</c> as a pattern and <c>$</c> as a variable.</summary>
    private static bool IsPlain(string text) =>
        text.Length > 0 && text[0] != '~' && !text.Contains('$', StringComparison.Ordinal) && !text.AsSpan().ContainsAnyExceptInRange('!', '~');
}
