using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Snippets;

/// <summary>The harmless directives of a snippet as policies: all of them, or nothing.</summary>
internal sealed class SnippetTranslation
{
    private readonly ImmutableArray<HeaderEdit>.Builder _request = ImmutableArray.CreateBuilder<HeaderEdit>();
    private readonly ImmutableArray<HeaderEdit>.Builder _response = ImmutableArray.CreateBuilder<HeaderEdit>();

    /// <summary>Changes of the request.</summary>
    public ImmutableArray<HeaderEdit> Request => _request.ToImmutable();

    /// <summary>Changes of the answer.</summary>
    public ImmutableArray<HeaderEdit> Response => _response.ToImmutable();

    /// <summary>The Host endpoints get; null: unchanged.</summary>
    public RequestTemplate? UpstreamHost { get; private set; }

    /// <summary>The answer to every request; null: none.</summary>
    public ReturnPolicy? Return { get; private set; }

    /// <summary>Null when anything of it cannot be honoured; <paramref name="culprit"/> is the directive then.</summary>
    public static SnippetTranslation? Of(ImmutableArray<NginxDirective> directives, out string culprit)
    {
        var translation = new SnippetTranslation();
        foreach (var directive in directives)
        {
            if (!directive.IsPlain || !translation.Add(directive))
            {
                culprit = directive.Name;
                return null;
            }
        }

        culprit = "";
        return translation;
    }

    /// <summary>True for what keeps people out: without it a route would be more open than its author meant.</summary>
    public static bool Restricts(NginxDirective directive) => directive.Name switch
    {
        "deny" or "satisfy" or "internal" or "valid_referers" or "modsecurity" or "modsecurity_rules" or "secure_link" => true,
        "return" => directive.Arguments is [var code, ..] && code.Length == 3 && code[0] is '4' or '5',
        _ => directive.Name.StartsWith("auth_", StringComparison.Ordinal) || directive.Name.StartsWith("limit_", StringComparison.Ordinal)
            || directive.Name.StartsWith("access_by_lua", StringComparison.Ordinal) || directive.Name.StartsWith("rewrite_by_lua", StringComparison.Ordinal)
            || directive.Name.StartsWith("ssl_verify", StringComparison.Ordinal),
    };

    private bool Add(NginxDirective directive) => directive.Name switch
    {
        "more_set_headers" => directive.Arguments.Length > 0 && directive.Arguments.All(SetHeader),
        "more_clear_headers" => directive.Arguments.Length > 0 && directive.Arguments.All(name => Edit(_response, HeaderChange.Remove, name, "")),
        "proxy_hide_header" => directive.Arguments is [var name] && Edit(_response, HeaderChange.Remove, name, ""),
        "add_header" => directive.Arguments switch
        {
            [var name, var value] => Edit(_response, HeaderChange.AddOnSuccess, name, value),
            [var name, var value, "always"] => Edit(_response, HeaderChange.Add, name, value),
            _ => false,
        },
        "proxy_set_header" => directive.Arguments is [var name, var value] && SetRequestHeader(name, value),
        "return" => SetReturn(directive.Arguments),
        _ => false,
    };

    /// <summary><c>Name: value</c>; without a value it is removed. Options (<c>-s</c>, <c>-t</c>) are not known here.</summary>
    private bool SetHeader(string argument)
    {
        var colon = argument.IndexOf(':', StringComparison.Ordinal);
        var name = (colon < 0 ? argument : argument[..colon]).Trim();
        var value = colon < 0 ? "" : argument[(colon + 1)..].Trim();
        return name.Length > 0 && name[0] != '-' && Edit(_response, value.Length == 0 ? HeaderChange.Remove : HeaderChange.Set, name, value);
    }

    private bool SetRequestHeader(string name, string value)
    {
        if (name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase) || name.Equals("Connection", StringComparison.OrdinalIgnoreCase))
        {
            return true; // The idiom for WebSockets, which work anyway.
        }

        if (name.Equals("Host", StringComparison.OrdinalIgnoreCase))
        {
            var sound = value.Length > 0 && HeaderText.IsValue(value) && RequestTemplate.TryParse(value, out var host, out _) ? host : null;
            UpstreamHost = sound ?? UpstreamHost;
            return sound is not null;
        }

        return Edit(_request, value.Length == 0 ? HeaderChange.Remove : HeaderChange.Set, name, value);
    }

    private static bool Edit(ImmutableArray<HeaderEdit>.Builder edits, HeaderChange change, string name, string value)
    {
        // A star is a pattern of names to more_clear_headers.
        if (!HeaderText.IsEditable(name) || name.Contains('*', StringComparison.Ordinal) || !HeaderText.IsValue(value)
            || !RequestTemplate.TryParse(value, out var text, out _))
        {
            return false;
        }

        edits.Add(new HeaderEdit(change, name, change == HeaderChange.Remove ? null : text));
        return true;
    }

    private bool SetReturn(ImmutableArray<string> arguments)
    {
        // The first one answers, as in nginx.
        var policy = arguments switch
        {
            [var code] when Status(code) is { } status && !IsRedirect(status) => new ReturnPolicy(status, Location: null),
            [var code, var url] when Status(code) is { } status && IsRedirect(status) && Location(url) is { } location => new ReturnPolicy(status, location),
            [var url] when !char.IsAsciiDigit(url.FirstOrDefault()) && Location(url) is { } location => new ReturnPolicy(302, location),
            _ => null,
        };
        Return ??= policy;
        return policy is not null;
    }

    private static int? Status(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 200 and <= 599 and not 444 and not 499 ? status : null;

    private static bool IsRedirect(int status) => status is 301 or 302 or 303 or 307 or 308;

    private static RequestTemplate? Location(string url) =>
        !url.AsSpan().ContainsAnyExceptInRange('!', '~')
        && (url.StartsWith('/') || url.StartsWith("http://", StringComparison.Ordinal) || url.StartsWith("https://", StringComparison.Ordinal)
            || url.StartsWith("$scheme://", StringComparison.Ordinal))
        && RequestTemplate.TryParse(url, out var location, out _)
            ? location
            : null;
}
