using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations;

/// <summary>
/// The annotations of one Ingress as features read them: by name without prefix, from <c>edgeproxy.io/</c>, else <c>nginx.ingress.kubernetes.io/</c>,
/// else the key of the same name in the controller's ConfigMap.
/// </summary>
/// <remarks>
/// Parse rules are ingress-nginx's: booleans as Go reads them, text trimmed, an empty or invalid value counts as absent and is reported, except
/// that an invalid value of one that restricts access closes the Ingress. Control characters are refused before anything is looked at (CVE-2024-7646).
/// </remarks>
internal sealed class AnnotationReader
{
    private readonly TranslationOptions _options;
    private readonly ObjectSet _objects;
    private readonly ProblemSink _problems;
    private readonly Dictionary<string, (string FullName, string Value)> _written = [];
    private readonly List<AnnotationUse> _uses = [];
    private readonly HashSet<string> _invalid = [];
    private readonly Dictionary<string, string> _honoured = [];
    private readonly List<NamedObject> _references = [];

    private AnnotationReader(Ingress ingress, ObjectSet objects, TranslationOptions options, ProblemSink problems)
    {
        Ingress = ingress;
        _objects = objects;
        _options = options;
        _problems = problems;
    }

    /// <summary>Whose annotations they are.</summary>
    public Ingress Ingress { get; }

    /// <summary>What holds for all Ingresses.</summary>
    public TranslationOptions Options => _options;

    /// <summary>What is asked of the routes so far; features replace it by a copy with their part.</summary>
    public RoutePolicies Route { get; set; } = RoutePolicies.None;

    /// <summary>What is asked of the hosts so far; features replace it by a copy with their part.</summary>
    public HostPolicies Host { get; set; } = HostPolicies.None;

    /// <summary>How requests reach endpoints, so far; features replace it by a copy with their part.</summary>
    public ForwardingPolicies Forwarding { get; set; } = ForwardingPolicies.Default;

    /// <summary>Set when the Ingress is the alternative of another one's routes.</summary>
    public CanaryPolicy? Canary { get; set; }

    /// <summary>rewrite-target, or null.</summary>
    public string? RewriteTarget { get; set; }

    /// <summary>ssl-redirect; default true.</summary>
    public bool SslRedirect { get; set; } = true;

    /// <summary>use-regex; default false.</summary>
    public bool UseRegex { get; set; }

    /// <summary>regex-scope ingress; default host.</summary>
    public bool KeepsPatterns { get; set; }

    /// <summary>slash-redirect; default false.</summary>
    public bool RedirectsToSlash { get; set; }

    /// <summary>force-ssl-redirect; default false.</summary>
    public bool ForceSslRedirect { get; set; }

    /// <summary>True when something that restricts access cannot be honoured: every route answers 503.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The Secrets and ConfigMaps that were looked for: when one comes, changes or goes, the Ingress is read again.</summary>
    public IReadOnlyCollection<NamedObject> References => _references;

    /// <summary>Every annotation under our prefixes, and what became of it.</summary>
    public IReadOnlyList<AnnotationUse> Uses => _uses;

    /// <summary>Reads all of an Ingress.</summary>
    public static AnnotationReader Read(Ingress ingress, ObjectSet objects, TranslationOptions options, ProblemSink problems)
    {
        var reader = new AnnotationReader(ingress, objects, options, problems);
        reader.Collect();
        foreach (var feature in AnnotationCatalog.Features)
        {
            feature.Read(reader);
        }

        reader.Report();
        return reader;
    }

    /// <summary>True when the annotation itself is written, whatever the ConfigMap says.</summary>
    public bool IsWritten(string name) => _written.ContainsKey(name);

    /// <summary>Text, trimmed; null when absent or empty.</summary>
    public string? Text(string name)
    {
        if (_written.TryGetValue(name, out var written))
        {
            if (written.Value.Length > 0 && !_invalid.Contains(name))
            {
                return written.Value;
            }
        }
        else if (AnnotationCatalog.Find(name) is { HasConfigKey: true } spec)
        {
            return ConfigurationText(name) ?? (spec.Alias is { } alias ? ConfigurationText(alias) : null);
        }

        return null;
    }

    /// <summary>A key of the controller's ConfigMap, trimmed; null when absent or empty.</summary>
    public string? ConfigurationText(string key) => _options.Configuration.GetValueOrDefault(key)?.Trim() is { Length: > 0 } value ? value : null;

    /// <summary>A boolean as Go's strconv.ParseBool reads it; null when absent or invalid.</summary>
    public bool? Boolean(string name) =>
        Parsed(name, static text => GoBoolean.TryParse(text, out var value) ? value : (bool?)null, "must be \"true\" or \"false\"");

    /// <summary><c>on</c> or <c>off</c>; null when absent or invalid.</summary>
    public bool? OnOff(string name) =>
        Parsed(name, static text => text switch { "on" => true, "off" => false, _ => (bool?)null }, "must be \"on\" or \"off\"");

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>; null when absent or invalid.</summary>
    public int? Integer(string name, int min, int max) => Parsed(
        name,
        text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value : (int?)null,
        $"must be a whole number from {min} to {max}");

    /// <summary>Whole seconds, with nginx's unit <c>s</c> or none; 0 to 1 year. Null when absent or invalid.</summary>
    public TimeSpan? Seconds(string name) => Parsed(
        name,
        static text => int.TryParse(text.TrimEnd('s'), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= 365 * 86_400
            ? TimeSpan.FromSeconds(value)
            : (TimeSpan?)null,
        "must be a whole number of seconds");

    /// <summary>Bytes: digits and optionally k, m or g, in either case. Null when absent or invalid.</summary>
    public long? Size(string name) => Parsed(name, ParseSize, "must be digits, optionally with k, m or g");

    /// <summary>One of <paramref name="allowed"/>, compared without case, as it is spelled there; null when absent or none of them.</summary>
    public string? OneOf(string name, params string[] allowed) => Text(name) is not { } text
        ? null
        : Array.Find(allowed, one => one.Equals(text, StringComparison.OrdinalIgnoreCase))
            ?? Refuse<string>(name, text, $"must be one of {string.Join(", ", allowed)}");

    /// <summary>Addresses and CIDRs divided by commas or line ends; null when absent or any of them is invalid.</summary>
    public ImmutableArray<IpPrefix>? Prefixes(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        var prefixes = ImmutableArray.CreateBuilder<IpPrefix>();
        foreach (var entry in List(text))
        {
            if (!IpPrefix.TryParseRangeOrAddress(entry, out var prefix))
            {
                Invalid(name, entry, "must be an address or a CIDR");
                return null;
            }

            prefixes.Add(prefix);
        }

        return prefixes.ToImmutable();
    }

    /// <summary>The Secret an annotation names; null when absent, foreign or not there. One that is named is looked at again when it changes.</summary>
    public Secret? Secret(string name)
    {
        if (Reference(name) is not { } secret)
        {
            return null;
        }

        _references.Add(new NamedObject("Secret", secret));
        return _objects.Secrets.GetValueOrDefault(secret) ?? Refuse<Secret>(name, secret.ToString(), "there is no such Secret");
    }

    /// <summary>The ConfigMap an annotation names; null when absent, foreign or not there. One that is named is looked at again when it changes.</summary>
    public ConfigMap? ConfigMap(string name)
    {
        if (Reference(name) is not { } map)
        {
            return null;
        }

        _references.Add(new NamedObject("ConfigMap", map));
        return _objects.ConfigMaps.GetValueOrDefault(map) ?? Refuse<ConfigMap>(name, map.ToString(), "there is no such ConfigMap");
    }

    /// <summary>
    /// Says that a value cannot be used: it counts as absent, or closes the Ingress when the annotation restricts access. Never with a secret's content.
    /// </summary>
    public void Invalid(string name, string value, string rule)
    {
        if (!_written.TryGetValue(name, out var written))
        {
            // The ConfigMap's; a default that restricts access must not be lost either.
            if (AnnotationCatalog.Find(name) is { Restricts: true })
            {
                Close(name, $"the ConfigMap's {name} is not valid: {rule}");
            }

            return;
        }

        if (!_invalid.Add(name))
        {
            return;
        }

        var field = Field(written.FullName);
        if (AnnotationCatalog.Find(name) is { Restricts: true })
        {
            IsClosed = true;
            _problems.Error(Ingress, field, $"Invalid value: \"{value}\": {rule}; the Ingress answers 503 rather than being open", ProblemReason.RouteClosed);
        }
        else
        {
            _problems.Warning(Ingress, field, $"Invalid value: \"{value}\": {rule}; taken as absent", ProblemReason.AnnotationIgnored);
        }
    }

    /// <summary>Says something about an annotation that is honoured all the same. Never with a secret's content.</summary>
    public void Warn(string name, string what) =>
        _problems.Warning(Ingress, _written.TryGetValue(name, out var written) ? Field(written.FullName) : null, what);

    /// <summary>Says something about an annotation that is honoured as it stands.</summary>
    public void Note(string name, string message)
    {
        if (_written.TryGetValue(name, out var written))
        {
            _problems.Note(Ingress, Field(written.FullName), message);
        }
    }

    /// <summary>Closes the Ingress because what <paramref name="name"/> asks for cannot be done.</summary>
    public void Close(string name, string why)
    {
        IsClosed = true;
        if (_invalid.Add(name))
        {
            var field = _written.TryGetValue(name, out var written) ? Field(written.FullName) : null;
            _problems.Error(Ingress, field, $"{why}; the Ingress answers 503 rather than being open", ProblemReason.RouteClosed);
        }
    }

    /// <summary>Says that an annotation that is not supported in general is honoured here; it is not reported as unsupported.</summary>
    public void Honour(string name, string note) => _honoured[name] = note;

    /// <summary>Whether the harmless directives of snippets are honoured.</summary>
    public bool TranslatesSnippets => _options.TranslateSnippets;

    /// <summary>Entries divided by commas or line ends, trimmed, without empty ones.</summary>
    public static string[] List(string text) => text.Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static long? ParseSize(string text)
    {
        var factor = text.Length == 0 ? 1 : (text[^1] | 0x20) switch { 'k' => 1L << 10, 'm' => 1L << 20, 'g' => 1L << 30, _ => 1L };
        var digits = factor == 1 ? text : text[..^1];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= long.MaxValue / factor ? value * factor : null;
    }

    private static string Field(string fullName) => $"metadata.annotations[{fullName}]";

    private T? Parsed<T>(string name, Func<string, T?> parse, string rule)
        where T : struct
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (parse(text) is { } value)
        {
            return value;
        }

        Invalid(name, text, rule);
        return null;
    }

    private T? Refuse<T>(string name, string value, string rule)
        where T : class
    {
        Invalid(name, value, rule);
        return null;
    }

    /// <summary><c>name</c> or <c>namespace/name</c>; another namespace's is refused unless the options allow it.</summary>
    private NamespacedName? Reference(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var reference = slash < 0 ? new NamespacedName(Ingress.Name.Namespace, text) : new NamespacedName(text[..slash], text[(slash + 1)..]);
        if (reference.Namespace != Ingress.Name.Namespace && !_options.AllowCrossNamespaceResources)
        {
            Invalid(name, text, "must be in the Ingress's own namespace (allow-cross-namespace-resources)");
            return null;
        }

        return reference;
    }

    private void Collect()
    {
        foreach (var (fullName, value) in Ingress.Metadata.Annotations ?? [])
        {
            // The order of the prefixes is their rank; under one prefix the new name of two wins over the old one.
            var rank = RankOf(fullName);
            if (rank < 0)
            {
                continue;
            }

            var name = fullName[_options.AnnotationPrefixes[rank].Length..];
            var known = AnnotationCatalog.Find(name)?.Name ?? name;
            if (!_written.TryGetValue(known, out var other) || Precedes(fullName, other.FullName, known))
            {
                _written[known] = (fullName, value.Trim());
            }
        }

        foreach (var (name, (fullName, value)) in _written)
        {
            if (value.AsSpan().ContainsAnyInRange('\0', '\x08') || value.AsSpan().ContainsAnyInRange('\x0e', '\x1f') || value.Contains('\x7f', StringComparison.Ordinal))
            {
                Invalid(name, "…", "control characters are not allowed");
            }
        }
    }

    private int RankOf(string fullName) =>
        _options.AnnotationPrefixes.IndexOf(fullName[..(fullName.IndexOf('/', StringComparison.Ordinal) + 1)]);

    private bool Precedes(string fullName, string other, string known)
    {
        var (mine, others) = (RankOf(fullName), RankOf(other));
        return mine != others ? mine < others : fullName.EndsWith('/' + known, StringComparison.Ordinal);
    }

    private void Report()
    {
        foreach (var (name, (fullName, value)) in _written.OrderBy(entry => entry.Value.FullName, StringComparer.Ordinal))
        {
            var spec = AnnotationCatalog.Find(name);
            var (support, note) = (spec?.Support ?? AnnotationSupport.Unsupported, spec?.Note);
            if (_invalid.Contains(name))
            {
                note = "the value is not valid";
            }
            else if (_honoured.TryGetValue(name, out var honoured))
            {
                (support, note) = (AnnotationSupport.Differs, honoured);
            }
            else if (spec is null)
            {
                note = ObsoleteAnnotations.Find(name) ?? "the annotation is not known and has no effect";
                _problems.Warning(Ingress, Field(fullName), note, ProblemReason.AnnotationIgnored);
            }
            else if (support == AnnotationSupport.Unsupported && spec.Restricts)
            {
                Close(name, note ?? "the annotation restricts access and is not supported");
            }
            else if (support == AnnotationSupport.Unsupported)
            {
                note ??= "the annotation is not supported and has no effect";
                _problems.Warning(Ingress, Field(fullName), note, ProblemReason.AnnotationIgnored);
            }

            _uses.Add(new AnnotationUse(fullName, support, note));
        }
    }
}
