using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Session affinity.</summary>
internal sealed class AffinityAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Session affinity";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("affinity", "cookie", "cookie chooses the endpoint; only for paths of this Ingress") { Support = AnnotationSupport.Differs, Note = "cookies are signed; those of another controller, or of a process with another key, are replaced" },
        new("affinity-mode", "balanced (default), persistent", "balanced: hash ring, some clients move when endpoints change; persistent: stays while the endpoint lives"),
        new("affinity-canary-behavior", "sticky (default), legacy", "clients stay on the canary or main side they first reached"),
        new("session-cookie-name", "INGRESSCOOKIE", "cookie name"),
        new("session-cookie-expires", "s", "Expires = now + value"),
        new("session-cookie-max-age", "s", "Max-Age"),
        new("session-cookie-path", "rule path", "Path; must be set with regex paths"),
        new("session-cookie-domain", "none", "Domain"),
        new("session-cookie-samesite", "none", "SameSite"),
        new("session-cookie-secure", "auto: set on https", "true forces Secure; false does not remove it on https"),
        new("session-cookie-conditional-samesite-none", "bool", "omit SameSite=None for browsers that mishandle it"),
        new("session-cookie-change-on-failure", "bool, false", "new cookie after a failed attempt; otherwise the client stays bound to the failing endpoint"),
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        if (reader.OneOf("affinity", "cookie") is null)
        {
            return;
        }

        var standard = new AffinityPolicy();
        reader.Forwarding = reader.Forwarding with
        {
            Affinity = new AffinityPolicy
            {
                CookieName = Valid(reader, "session-cookie-name", HeaderText.IsName, "must be a token (RFC 6265)") ?? standard.CookieName,
                IsPersistent = reader.OneOf("affinity-mode", "balanced", "persistent") is "persistent",
                Expires = reader.Seconds("session-cookie-expires"),
                MaxAge = reader.Seconds("session-cookie-max-age"),
                Path = Valid(reader, "session-cookie-path", FieldText.IsCookieAttribute, "must be text without ';' and spaces"),
                Domain = Valid(reader, "session-cookie-domain", FieldText.IsCookieAttribute, "must be text without ';' and spaces"),
                SameSite = reader.OneOf("session-cookie-samesite", "Strict", "Lax", "None"),
                SparesOldBrowsers = reader.Boolean("session-cookie-conditional-samesite-none") ?? false,
                IsAlwaysSecure = reader.Boolean("session-cookie-secure") ?? false,
                ChangesOnFailure = reader.Boolean("session-cookie-change-on-failure") ?? false,
            },
        };
    }

    private static string? Valid(AnnotationReader reader, string name, Func<string, bool> isValid, string rule)
    {
        if (reader.Text(name) is not { } text || isValid(text))
        {
            return reader.Text(name);
        }

        reader.Invalid(name, text, rule);
        return null;
    }
}
