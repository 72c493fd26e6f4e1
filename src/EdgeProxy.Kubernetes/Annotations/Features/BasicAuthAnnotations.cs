using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Name and password, asked by the browser.</summary>
internal sealed class BasicAuthAnnotations : AnnotationFeature
{
    private const int MaxUsers = 10_000;

    /// <inheritdoc />
    public override string Title => "Basic authentication";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("auth-type", "basic, digest", "turns on HTTP authentication; Authorization is not forwarded") { Support = AnnotationSupport.Differs, Note = "only basic; digest, whose stored form is as good as the password, closes the Ingress (503)", Restricts = true },
        new("auth-secret", "name or ns/name (foreign namespace refused by default)", "secret with users; missing, or without a user, = 503") { Restricts = true },
        new("auth-secret-type", "auth-file (default), auth-map", "htpasswd text in key auth, or one key per user; hashes: bcrypt, apr1, MD5, SHA-256 and SHA-512 crypt, {SHA}, {SSHA}, {PLAIN}") { Support = AnnotationSupport.Differs, Note = "a user with a DES crypt hash is reported and cannot log in", Restricts = true },
        new("auth-realm", "string, empty", "realm in WWW-Authenticate"),
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        // Digest is told apart from nonsense only in what the report says.
        if (reader.OneOf("auth-type", "basic", "digest") is not { } type)
        {
            return;
        }

        if (type == "digest")
        {
            reader.Close("auth-type", "digest authentication is not supported");
            return;
        }

        var form = reader.OneOf("auth-secret-type", "auth-file", "auth-map") ?? "auth-file";
        if (reader.Secret("auth-secret") is not { } secret)
        {
            reader.Close("auth-secret", "basic authentication needs a Secret with users");
            return;
        }

        if (UsersOf(reader, secret, form) is not { Count: > 0 } users)
        {
            reader.Close("auth-secret", form == "auth-file" ? "the Secret has no key auth with users" : "the Secret has no key that is a user");
            return;
        }

        reader.Route = reader.Route with
        {
            Access = (reader.Route.Access ?? new AccessPolicy()) with { Basic = new BasicAuthPolicy(Realm(reader), users) },
        };
    }

    /// <summary>Written into a quoted string (RFC 9110 §5.6.4).</summary>
    private static string Realm(AnnotationReader reader)
    {
        var realm = reader.Text("auth-realm") ?? "";
        if (!realm.AsSpan().ContainsAnyExceptInRange(' ', '~') && realm.AsSpan().IndexOfAny('"', '\\') < 0)
        {
            return realm;
        }

        reader.Invalid("auth-realm", realm, "must be ASCII without quotes and backslashes");
        return "";
    }

    private static FrozenDictionary<string, PasswordHash> UsersOf(AnnotationReader reader, Secret secret, string form)
    {
        var users = new Dictionary<string, PasswordHash>(StringComparer.Ordinal);
        var refused = 0;
        var entries = form == "auth-file" ? FromFile(secret) : FromKeys(secret);
        foreach (var (name, text) in entries.Take(MaxUsers))
        {
            if (!PasswordHash.TryParse(text, out var hash))
            {
                refused++;
            }
            else
            {
                // Of two lines for one user the first counts, as with nginx.
                users.TryAdd(name, hash);
            }
        }

        if (refused > 0)
        {
            reader.Warn("auth-secret", string.Create(
                CultureInfo.InvariantCulture,
                $"{refused} of the Secret's users cannot log in: the kind of hash is not supported, or costs too much to check"));
        }

        return users.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static IEnumerable<(string Name, string Hash)> FromFile(Secret secret)
    {
        foreach (var line in (secret.Text("auth") ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(':');
            if (parts.Length > 1 && parts[0].Length > 0 && line[0] != '#')
            {
                yield return (parts[0], parts[1]);
            }
        }
    }

    private static IEnumerable<(string Name, string Hash)> FromKeys(Secret secret) =>
        from key in (secret.StringData?.Keys ?? Enumerable.Empty<string>()).Union(secret.Data?.Keys ?? Enumerable.Empty<string>())
        let hash = secret.Text(key)?.Trim()
        where hash is not null
        select (key, hash);
}
