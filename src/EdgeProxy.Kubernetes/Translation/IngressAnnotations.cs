using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Translation;

/// <summary>The annotations of one Ingress, read under both prefixes; <c>edgeproxy.io/</c> wins where both are written.</summary>
/// <remarks>Parse rules as ingress-nginx: booleans as Go reads them, text trimmed, an invalid value counts as absent and is reported.</remarks>
internal sealed class IngressAnnotations
{
    private static readonly string[] Prefixes = ["edgeproxy.io/", "nginx.ingress.kubernetes.io/"];

    /// <summary>
    /// Names that narrow who may get in. One that is not honoured must close the route: an Ingress moved here must never be more open than it was.
    /// </summary>
    private static readonly string[] Restricting =
    [
        "allowlist-source-range", "whitelist-source-range", "denylist-source-range", "auth-type", "auth-secret", "auth-url", "auth-tls-secret",
        "satisfy", "limit-rps", "limit-rpm", "limit-connections", "limit-allowlist", "limit-whitelist", "enable-modsecurity", "modsecurity-snippet",
        "auth-snippet",
    ];

    private readonly Ingress _ingress;
    private readonly ProblemSink _problems;

    private IngressAnnotations(Ingress ingress, ProblemSink problems)
    {
        _ingress = ingress;
        _problems = problems;
    }

    /// <summary>rewrite-target, or null.</summary>
    public string? RewriteTarget { get; private set; }

    /// <summary>ssl-redirect; default true.</summary>
    public bool SslRedirect { get; private set; } = true;

    /// <summary>True when a restricting annotation is not honoured.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Reads them all and reports what has no effect.</summary>
    public static IngressAnnotations Read(Ingress ingress, ProblemSink problems)
    {
        var annotations = new IngressAnnotations(ingress, problems);
        if (ingress.Metadata.Annotations is { } written)
        {
            // Lower prefix order first, so that edgeproxy.io/ is read last and wins.
            foreach (var prefix in Prefixes.Reverse())
            {
                foreach (var (name, value) in written.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)))
                {
                    annotations.Read(name, name[prefix.Length..], value.Trim());
                }
            }
        }

        return annotations;
    }

    private void Read(string fullName, string name, string value)
    {
        var field = $"metadata.annotations[{fullName}]";
        switch (name)
        {
            case "rewrite-target":
                ReadRewriteTarget(field, value);
                break;

            case "ssl-redirect" when TryParseBool(value, out var redirect):
                SslRedirect = redirect;
                break;

            case "ssl-redirect":
                _problems.Warning(_ingress, field, $"Invalid value: \"{value}\": must be \"true\" or \"false\"; taken as absent");
                break;

            case var _ when Array.IndexOf(Restricting, name) >= 0:
                IsClosed = true;
                _problems.Error(_ingress, field, "the annotation restricts access and is not supported yet; the Ingress answers 503 rather than being open");
                break;

            default:
                _problems.Warning(_ingress, field, "the annotation is not supported yet and has no effect");
                break;
        }
    }

    private void ReadRewriteTarget(string field, string value)
    {
        if (value.StartsWith('/'))
        {
            RewriteTarget = value;
            return;
        }

        _problems.Warning(_ingress, field, $"Invalid value: \"{value}\": must be a path that starts with '/'; taken as absent");
    }

    /// <summary>Go's strconv.ParseBool.</summary>
    internal static bool TryParseBool(string value, out bool result)
    {
        result = value is "1" or "t" or "T" or "true" or "TRUE" or "True";
        return result || value is "0" or "f" or "F" or "false" or "FALSE" or "False";
    }
}
