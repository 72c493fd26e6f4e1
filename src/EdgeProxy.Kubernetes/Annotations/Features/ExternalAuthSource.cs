using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>
/// Reads an <see cref="ExternalAuthPolicy"/> from an Ingress's annotations <c>auth-…</c>, or from the ConfigMap's keys <c>global-auth-…</c>. What cannot
/// be read closes the Ingress: half an authentication is none.
/// </summary>
internal sealed class ExternalAuthSource(AnnotationReader reader, bool global)
{
    private const int MaxLength = 4096;
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    /// <summary>The policy; null when there is none, or when it cannot be read and the Ingress is closed.</summary>
    public ExternalAuthPolicy? Read()
    {
        if (Text("url") is not { } url)
        {
            return null;
        }

        if (Text("snippet") is not null)
        {
            Refuse("snippet", "snippets are never executed");
        }

        if (Template("url", url) is not { } target || !IsTarget(target))
        {
            Refuse("url", "must be an http or https URL, whose host holds no variable but $host or $http_host");
            return null;
        }

        var method = Text("method");
        if (method is not null && Array.IndexOf(Methods, method) < 0)
        {
            Refuse("method", $"must be one of {string.Join(", ", Methods)}");
        }

        return new ExternalAuthPolicy
        {
            Url = target,
            Method = method ?? "GET",
            HasMethod = method is not null,
            SignIn = SignIn(),
            ResponseHeaders = ResponseHeaders(),
            RequestHeaders = global ? [] : RequestHeaders(),
            RequestRedirect = Text("request-redirect") is { } redirect ? Template("request-redirect", redirect) : null,
            AlwaysSetCookie = global
                ? GoBoolean.TryParse(Text("always-set-cookie") ?? "false", out var always) && always
                : reader.Boolean("auth-always-set-cookie") ?? false,
            CacheKey = Text("cache-key") is { } key ? Template("cache-key", key) : null,
            CacheDurations = Text("cache-duration") is { } durations ? CacheDurations(durations) : ExternalAuthPolicy.DefaultCacheDurations,
        };
    }

    private string? Text(string name) => global ? reader.ConfigurationText("global-auth-" + name) : reader.Text("auth-" + name);

    private void Refuse(string name, string rule)
    {
        if (global)
        {
            reader.Close("global-auth-" + name, $"the ConfigMap's global-auth-{name} is not valid: {rule}");
        }
        else
        {
            reader.Close("auth-" + name, rule);
        }
    }

    /// <summary>Text that may stand in a URL or a header, with its variables.</summary>
    private RequestTemplate? Template(string name, string text)
    {
        if (text.Length > MaxLength || text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            Refuse(name, "must be visible ASCII, and no more than 4,096 characters");
            return null;
        }

        if (RequestTemplate.TryParse(text, out var template, out var unknown))
        {
            return template;
        }

        Refuse(name, $"the variable {unknown} is not supported");
        return null;
    }

    /// <summary>
    /// Checked by parsing it with names in place of the variables. A client must not choose whom we ask: what it sends stands behind the
    /// authority only.
    /// </summary>
    private static bool IsTarget(RequestTemplate template)
    {
        if (template.Text.AsSpan().ContainsAny(" \\#\""))
        {
            return false;
        }

        var probe = "";
        foreach (var part in template.Parts)
        {
            var inAuthority = probe.IndexOfAny(['/', '?'], Math.Min(probe.Length, "https://".Length)) < 0;
            if (part.Variable == RequestVariable.None)
            {
                probe += part.Text;
            }
            else if (!inAuthority || part.Variable is RequestVariable.Host or RequestVariable.HttpHost)
            {
                probe += "x";
            }
            else
            {
                return false;
            }
        }

        return Uri.TryCreate(probe, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url.Host.Length > 0
            && url.UserInfo.Length == 0;
    }

    /// <summary>With the parameter that brings the client back, unless it is there (buildAuthSignURL in ingress-nginx).</summary>
    private RequestTemplate? SignIn()
    {
        if (Text("signin") is not { } url)
        {
            return null;
        }

        string[] starts = ["http://", "https://", "/", "$scheme://", "$pass_access_scheme://"];
        if (url.AsSpan().ContainsAny(" \\\"") || !Array.Exists(starts, start => url.StartsWith(start, StringComparison.Ordinal)))
        {
            Refuse("signin", "must be an http or https URL, or a path");
            return null;
        }

        var parameter = Text("signin-redirect-param") ?? "rd";
        if (!parameter.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            Refuse("signin-redirect-param", "must be letters, digits, '-', '_' and '.'");
            return null;
        }

        var query = url.IndexOf('?', StringComparison.Ordinal);
        var present = query >= 0
            && url[(query + 1)..].Split('&').Any(argument => argument.StartsWith(parameter + "=", StringComparison.Ordinal) && argument.Length > parameter.Length + 1);
        var divider = query < 0 ? "?" : "&";
        return Template("signin", present ? url : $"{url}{divider}{parameter}=$pass_access_scheme://$http_host$escaped_request_uri");
    }

    private ImmutableArray<string> ResponseHeaders()
    {
        var names = AnnotationReader.List(Text("response-headers") ?? "");
        if (Array.TrueForAll(names, IsHeaderName))
        {
            return [.. names];
        }

        Refuse("response-headers", "must be header names divided by commas");
        return [];
    }

    private ImmutableArray<(string Name, RequestTemplate Value)> RequestHeaders()
    {
        if (!reader.IsWritten("auth-proxy-set-headers") || reader.ConfigMap("auth-proxy-set-headers") is not { } map)
        {
            return [];
        }

        var headers = ImmutableArray.CreateBuilder<(string, RequestTemplate)>();
        foreach (var (name, value) in (map.Data ?? []).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            // Names that frame the message are ours to write.
            if (!IsHeaderName(name) || name.ToLowerInvariant() is "content-length" or "transfer-encoding" or "connection" or "upgrade" or "te" or "trailer")
            {
                Refuse("proxy-set-headers", $"the ConfigMap's key {name} is not a header that can be set");
            }
            else if (Template("proxy-set-headers", value.Trim()) is { } template)
            {
                headers.Add((name, template));
            }
        }

        return headers.ToImmutable();
    }

    /// <summary>RFC 9110 §5.1, without the characters nobody uses.</summary>
    private static bool IsHeaderName(string name) => name.Length is > 0 and <= 128 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary><c>200 202 401 5m, 403 10s</c>; <c>5m</c> alone is for 200, <c>any 5m</c> for all.</summary>
    private ImmutableArray<VerdictLifetime> CacheDurations(string text)
    {
        var lifetimes = ImmutableArray.CreateBuilder<VerdictLifetime>();
        foreach (var entry in AnnotationReader.List(text))
        {
            var words = entry.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || Duration(words[^1]) is not { } time)
            {
                Refuse("cache-duration", "must be statuses and a time, such as \"200 202 401 5m\"");
                return [];
            }

            string[] codes = words.Length == 1 ? ["200"] : words[..^1];
            foreach (var code in codes)
            {
                if (code != "any" && !(code.Length == 3 && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
                {
                    Refuse("cache-duration", "must be statuses and a time, such as \"200 202 401 5m\"");
                    return [];
                }

                lifetimes.Add(new VerdictLifetime(code == "any" ? 0 : int.Parse(code, CultureInfo.InvariantCulture), time));
            }
        }

        return lifetimes.ToImmutable();
    }

    /// <summary>nginx's times: a number with s, m, h or d; seconds without.</summary>
    private static TimeSpan? Duration(string text)
    {
        var unit = char.IsAsciiLetter(text[^1]) ? text[^1] : 's';
        var digits = char.IsAsciiLetter(text[^1]) ? text[..^1] : text;
        var factor = unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        return factor > 0 && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 365 * 86_400 / factor
            ? TimeSpan.FromSeconds((long)number * factor)
            : null;
    }
}
