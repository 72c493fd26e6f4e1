using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Configuration;

/// <summary>
/// The controller's ConfigMap → <see cref="HttpSettings"/>. A bad value counts as absent and is reported, except that a list of whom to block or
/// whom to believe keeps the entries that can be read. What is a default of annotations is read by them.
/// </summary>
internal sealed class ConfigurationReader
{
    /// <summary>RFC 1918, RFC 4193, link-local and loopback: where load balancers and ingress pods live.</summary>
    private static readonly ImmutableArray<IpPrefix> PrivateNetworks =
    [
        .. new[] { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128" }
            .Select(text => IpPrefix.TryParse(text, out var prefix) ? prefix : default),
    ];

    private readonly ConfigMap _map;
    private readonly ObjectSet _objects;
    private readonly ProblemSink _problems;
    private readonly List<NamedObject> _references = [];

    private ConfigurationReader(ConfigMap map, ObjectSet objects, ProblemSink problems)
    {
        _map = map;
        _objects = objects;
        _problems = problems;
    }

    /// <summary>Reads it. <paramref name="references"/> are the ConfigMaps it names.</summary>
    public static HttpSettings Read(ConfigMap map, ObjectSet objects, ProblemSink problems, out IReadOnlyCollection<NamedObject> references)
    {
        var reader = new ConfigurationReader(map, objects, problems);
        reader.ReportKeys();
        var settings = reader.ReadSettings();
        references = reader._references;
        return settings;
    }

    /// <summary>allow-cross-namespace-resources; default false.</summary>
    public static bool AllowsCrossNamespace(ConfigMap? map) =>
        map?.Data?.GetValueOrDefault("allow-cross-namespace-resources") is { } text && GoBoolean.TryParse(text.Trim(), out var value) && value;

    private HttpSettings ReadSettings() => new()
    {
        Forwarded = Forwarded(),
        GeneratesRequestId = Boolean("generate-request-id", standard: true),
        AllowsUnderscores = Boolean("enable-underscores-in-headers"),
        AddsOriginalUri = Boolean("proxy-add-original-uri-header"),
        RequestHeaders = Headers("proxy-set-headers"),
        ResponseHeaders = Headers("add-headers"),
        HiddenHeaders = HiddenHeaders(),
        StrictTransportSecurity = StrictTransportSecurity(),
        RedirectStatus = Number("http-redirect-code", "must be 301, 302, 307 or 308", static code => code is 301 or 302 or 307 or 308) ?? 308,
        Gzip = Boolean("use-gzip") ? Compression("gzip", most: 9, level: 1, minLength: 256) : null,
        Brotli = Boolean("enable-brotli") ? Compression("brotli", most: 11, level: 4, minLength: 20) : null,
        BlockedClients = Prefixes("block-cidrs") ?? [],
        BlockedUserAgents = Patterns("block-user-agents"),
        BlockedReferers = Patterns("block-referers"),
        LogsAccess = !Boolean("disable-access-log") && !Boolean("disable-http-access-log"),
        UnloggedPaths = [.. List("skip-access-log-urls")],
        Traces = Boolean("enable-opentelemetry", standard: true),
        TrustsIncomingTraces = Boolean("opentelemetry-trust-incoming-span", standard: true),
    };

    private ForwardedHeadersPolicy? Forwarded()
    {
        var all = Boolean("use-forwarded-headers");
        if (!all && !Boolean("enable-real-ip"))
        {
            return null;
        }

        return new ForwardedHeadersPolicy(
            Prefixes("proxy-real-ip-cidr") ?? PrivateNetworks,
            HeaderName("forwarded-for-header") ?? "X-Forwarded-For",
            HeaderName("forwarded-host-header") ?? "X-Forwarded-Host",
            AddressOnly: !all,
            KeepsChain: all && Boolean("compute-full-forwarded-for"));
    }

    private string? StrictTransportSecurity()
    {
        if (!Boolean("hsts", standard: true))
        {
            return null;
        }

        var maxAge = Number("hsts-max-age", "must be a whole number of seconds", static _ => true) ?? 31_536_000;
        return string.Create(CultureInfo.InvariantCulture, $"max-age={maxAge}")
            + (Boolean("hsts-include-subdomains", standard: true) ? "; includeSubDomains" : "")
            + (Boolean("hsts-preload") ? "; preload" : "");
    }

    private ImmutableArray<string> HiddenHeaders()
    {
        var names = List("hide-headers").Where(HeaderText.IsName).ToImmutableArray();
        return Boolean("allow-backend-server-header", standard: true) ? names : [.. names, "Server"];
    }

    private CompressionPolicy Compression(string name, int most, int level, int minLength)
    {
        var types = Text(name + "-types") is { } text
            ? text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Append("text/html").ToFrozenSet(StringComparer.OrdinalIgnoreCase)
            : CompressionPolicy.DefaultTypes;
        return new CompressionPolicy(Integer(name + "-level", 1, most, standard: level), Integer(name + "-min-length", 0, int.MaxValue, standard: minLength), types);
    }

    private int Integer(string key, int min, int max, int standard)
    {
        if (Text(key) is not { } text)
        {
            return standard;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        Invalid(key, text, $"must be a whole number from {min} to {max}; taken as absent");
        return standard;
    }

    private string? Text(string key) => _map.Data?.GetValueOrDefault(key)?.Trim() is { Length: > 0 } text ? text : null;

    private string[] List(string key) => AnnotationReader.List(Text(key) ?? "");

    private bool Boolean(string key, bool standard = false)
    {
        if (Text(key) is not { } text)
        {
            return standard;
        }

        if (GoBoolean.TryParse(text, out var value))
        {
            return value;
        }

        Invalid(key, text, "must be \"true\" or \"false\"; taken as absent");
        return standard;
    }

    private int? Number(string key, string rule, Func<int, bool> isAllowed)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && isAllowed(value))
        {
            return value;
        }

        Invalid(key, text, $"{rule}; taken as absent");
        return null;
    }

    private string? HeaderName(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (HeaderText.IsName(text))
        {
            return text;
        }

        Invalid(key, text, "must be the name of a header; taken as absent");
        return null;
    }

    private ImmutableArray<IpPrefix>? Prefixes(string key)
    {
        if (Text(key) is null)
        {
            return null;
        }

        var prefixes = ImmutableArray.CreateBuilder<IpPrefix>();
        foreach (var entry in List(key))
        {
            if (IpPrefix.TryParseRangeOrAddress(entry, out var prefix))
            {
                prefixes.Add(prefix);
            }
            else
            {
                Invalid(key, entry, "must be an address or a CIDR; the entry is left out");
            }
        }

        return prefixes.ToImmutable();
    }

    /// <summary>Names as nginx's <c>map</c> has them: text is compared whole and without case, <c>~</c> and <c>~*</c> begin a regular expression.</summary>
    private ImmutableArray<Regex> Patterns(string key)
    {
        var patterns = ImmutableArray.CreateBuilder<Regex>();
        foreach (var entry in List(key))
        {
            var ignoreCase = !entry.StartsWith('~') || entry.StartsWith("~*", StringComparison.Ordinal);
            var text = entry.StartsWith('~') ? entry.TrimStart('~').TrimStart('*') : $"^{Regex.Escape(entry)}$";
            try
            {
                patterns.Add(new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None)));
            }
            catch (Exception error) when (error is ArgumentException or NotSupportedException)
            {
                Invalid(key, entry, "must be a regular expression without look-around and back-references; the entry is left out");
            }
        }

        return patterns.ToImmutable();
    }

    /// <summary>The header lines in the ConfigMap that a key names.</summary>
    private ImmutableArray<KeyValuePair<string, string>> Headers(string key)
    {
        if (Text(key) is not { } text)
        {
            return [];
        }

        if (!NamespacedName.TryParse(text, out var name))
        {
            Invalid(key, text, "must be NAMESPACE/NAME of a ConfigMap; taken as absent");
            return [];
        }

        _references.Add(new NamedObject("ConfigMap", name));
        if (!_objects.ConfigMaps.TryGetValue(name, out var map))
        {
            Invalid(key, text, "there is no such ConfigMap; taken as absent");
            return [];
        }

        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var (header, value) in (map.Data ?? []).OrderBy(entry => entry.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (HeaderText.IsName(header) && !value.AsSpan().ContainsAnyInRange('\0', '\x1f'))
            {
                headers.Add(KeyValuePair.Create(header, value.Trim()));
            }
            else
            {
                _problems.Warning(map, $"data[{header}]", "is not the name of a header with a value of one line; it is left out", ProblemReason.ConfigurationIgnored);
            }
        }

        return headers.ToImmutable();
    }

    private void ReportKeys()
    {
        foreach (var (key, _) in (_map.Data ?? []).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            var field = $"data[{key}]";
            switch (ConfigurationCatalog.Find(key))
            {
                case null:
                    _problems.Warning(_map, field, "the key is not known and has no effect", ProblemReason.ConfigurationIgnored);
                    break;

                case { Support: AnnotationSupport.Unsupported } known:
                    _problems.Warning(_map, field, known.Note ?? "the key is not supported and has no effect", ProblemReason.ConfigurationIgnored);
                    break;

                case { Support: AnnotationSupport.NoEffect } known:
                    _problems.Note(_map, field, $"the key has no effect: {known.Note}");
                    break;
            }
        }
    }

    private void Invalid(string key, string value, string rule) => _problems.Warning(_map, $"data[{key}]", $"Invalid value: \"{value}\": {rule}", ProblemReason.ConfigurationIgnored);
}
