using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>CORS.</summary>
internal sealed class CorsAnnotations : AnnotationFeature
{
    private const string DefaultMethods = "GET, PUT, POST, DELETE, PATCH, OPTIONS";
    private const string DefaultHeaders =
        "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";

    /// <inheritdoc />
    public override string Title => "CORS";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("enable-cors", "bool, false", "adds CORS headers to every answer, also errors; OPTIONS answered 204 by the proxy; * sends a literal *")
        {
            Support = AnnotationSupport.Differs,
            Note = "Vary: Origin is added where the origin is echoed, which caches need",
        },
        new("cors-allow-origin", "csv, *; scheme://host[:port], one-label *.", "matching Origin is echoed, others get no CORS header")
        {
            Support = AnnotationSupport.Differs,
            Note = "a list without any valid origin allows none, not all",
        },
        new("cors-allow-methods", DefaultMethods, "header value"),
        new("cors-allow-headers", DefaultHeaders, "header value"),
        new("cors-allow-credentials", "bool, true", "header present only when true"),
        new("cors-expose-headers", "csv, none", "header value"),
        new("cors-max-age", "s, 1728000", "header value"),
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        if (reader.Boolean("enable-cors") is not true)
        {
            return;
        }

        var origins = Origins(reader);
        var policy = new CorsPolicy
        {
            AnyOrigin = origins is null,
            Origins = origins ?? [],
            Methods = Names(reader, "cors-allow-methods") ?? DefaultMethods,
            Headers = Names(reader, "cors-allow-headers") ?? DefaultHeaders,
            Credentials = reader.Boolean("cors-allow-credentials") ?? true,
            ExposedHeaders = Names(reader, "cors-expose-headers"),
            MaxAgeSeconds = reader.Integer("cors-max-age", 0, int.MaxValue) ?? 1_728_000,
        };
        if (policy is { AnyOrigin: true, Credentials: true })
        {
            reader.Note("enable-cors", "browsers do not send credentials to an answer that allows every origin; name the origins in cors-allow-origin");
        }

        reader.Route = reader.Route with { Cors = policy };
    }

    /// <summary>Null: every origin.</summary>
    private static ImmutableArray<string>? Origins(AnnotationReader reader)
    {
        const string Name = "cors-allow-origin";
        if (reader.Text(Name) is not { } text)
        {
            return null;
        }

        var entries = AnnotationReader.List(text);
        if (entries.Contains("*"))
        {
            return null;
        }

        var origins = ImmutableArray.CreateBuilder<string>();
        foreach (var entry in entries)
        {
            if (IsOrigin(entry))
            {
                origins.Add(entry.ToLowerInvariant());
            }
            else
            {
                reader.Invalid(Name, entry, "must be scheme://host[:port]; it allows nobody");
            }
        }

        return origins.ToImmutable();
    }

    /// <summary><c>scheme://host[:port]</c>, the host with a star as its first label or without.</summary>
    private static bool IsOrigin(string text)
    {
        var probe = text.Replace("://*.", "://x.", StringComparison.Ordinal);
        return !probe.AsSpan().ContainsAnyExceptInRange('!', '~')
            && !probe.Contains('*', StringComparison.Ordinal)
            && Uri.TryCreate(probe, UriKind.Absolute, out var uri)
            && probe.Contains("://", StringComparison.Ordinal)
            && uri.Host.Length > 0
            && uri.UserInfo.Length == 0
            && probe.IndexOfAny(['/', '?', '#'], probe.IndexOf("://", StringComparison.Ordinal) + 3) < 0;
    }

    private static string? Names(AnnotationReader reader, string name)
    {
        if (reader.Text(name) is not { } text)
        {
            return null;
        }

        var names = AnnotationReader.List(text);
        if (names.Length > 0 && Array.TrueForAll(names, HeaderText.IsName))
        {
            return string.Join(", ", names);
        }

        reader.Invalid(name, text, "must be names divided by commas");
        return null;
    }
}
