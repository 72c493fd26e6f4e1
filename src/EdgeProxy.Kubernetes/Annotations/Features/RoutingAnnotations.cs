using System.Buffers;
using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Routing and rewriting.</summary>
internal sealed class RoutingAnnotations : AnnotationFeature
{
    private static readonly SearchValues<char> LabelChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");

    private static readonly SearchValues<char> VirtualHostChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:${}");

    /// <inheritdoc />
    public override string Title => "Routing and rewriting";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("rewrite-target", "string", "replaces the whole path of requests matched by this Ingress; $1..$9 refer to groups of the rule path read as a case-insensitive regex; query kept; turns every path of the host into a regex; a value equal to the rule path is a no-op"),
        new("use-regex", "bool, false", "rule paths of the whole host (all Ingresses) become regexes: case-insensitive, anchored at start only, tried by descending text length")
        {
            Support = AnnotationSupport.Differs,
            Note = "look-around and back-references are refused: patterns run in time linear to the path",
        },
        new("regex-scope", "host (default), ingress", "ours: with ingress, patterns of this Ingress are its own, and its other paths stay as they are whatever its neighbours write") { HasConfigKey = true },
        new("slash-redirect", "bool, false", "ours: a request for /x is sent to a rule /x/ with 301, as nginx does, unless some rule has /x") { HasConfigKey = true },
        new("server-alias", "csv of hosts", "extra names for the server of the host; an alias that is a rule host elsewhere is dropped; the first Ingress of a host that sets it wins")
        {
            Support = AnnotationSupport.Differs,
            Note = "regular expressions and names like mail.* are refused",
        },
        new("x-forwarded-prefix", "string", "adds X-Forwarded-Prefix to the upstream request, only emitted together with rewrite-target"),
        new("upstream-vhost", "host, may hold $vars", "Host sent upstream (X-Forwarded-Host keeps the original)")
        {
            Support = AnnotationSupport.Differs,
            Note = "of variables only those of a fixed list, which docs/ingress.md has",
        },
        new("default-backend", "service name, same namespace, first port", "serves the route when the service has no ready endpoint, and the codes of custom-http-errors; gets X-Code 503 and the other error headers"),
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        reader.UseRegex = reader.Boolean("use-regex") ?? false;
        reader.KeepsPatterns = reader.OneOf("regex-scope", "host", "ingress") == "ingress";
        reader.RedirectsToSlash = reader.Boolean("slash-redirect") ?? false;
        ReadRewrite(reader);
        ReadAliases(reader);
        ReadUpstreamHost(reader);
    }

    private static void ReadRewrite(AnnotationReader reader)
    {
        if (reader.Text("rewrite-target") is { } target)
        {
            if (target.StartsWith('/'))
            {
                reader.RewriteTarget = target;
            }
            else
            {
                reader.Invalid("rewrite-target", target, "must be a path that starts with '/'");
            }
        }

        if (reader.Text("x-forwarded-prefix") is not { } prefix)
        {
            return;
        }

        if (prefix[0] != '/' || prefix.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            reader.Invalid("x-forwarded-prefix", prefix, "must be a path that starts with '/'");
        }
        else if (reader.RewriteTarget is null)
        {
            reader.Note("x-forwarded-prefix", "without rewrite-target the header is not sent");
        }
        else
        {
            reader.Route = reader.Route with { ForwardedPrefix = prefix };
        }
    }

    private static void ReadAliases(AnnotationReader reader)
    {
        if (reader.Text("server-alias") is not { } text)
        {
            return;
        }

        var aliases = AnnotationReader.List(text).Select(alias => alias.ToLowerInvariant()).Distinct(StringComparer.Ordinal).ToImmutableArray();
        if (aliases.FirstOrDefault(alias => !IsHost(alias)) is { } wrong)
        {
            reader.Invalid("server-alias", wrong, "must be a DNS name, or *. and a DNS name");
        }
        else
        {
            reader.Host = reader.Host with { Aliases = aliases };
        }
    }

    private static void ReadUpstreamHost(AnnotationReader reader)
    {
        if (reader.Text("upstream-vhost") is not { } text)
        {
            return;
        }

        if (text.AsSpan().ContainsAnyExcept(VirtualHostChars))
        {
            reader.Invalid("upstream-vhost", text, "must be a host, optionally with a port and variables");
        }
        else if (!RequestTemplate.TryParse(text, out var host, out var unknown))
        {
            reader.Invalid("upstream-vhost", text, $"{unknown} is not one of the supported variables");
        }
        else
        {
            reader.Route = reader.Route with { UpstreamHost = host };
        }
    }

    /// <summary>A name as rules have it: labels of letters, digits and hyphens; the first may be a star (RFC 1123 §2.1).</summary>
    private static bool IsHost(string text)
    {
        var name = text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text;
        return name.Length is > 0 and <= 253
            && name.Split('.').All(label => label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && !label.AsSpan().ContainsAnyExcept(LabelChars));
    }
}
