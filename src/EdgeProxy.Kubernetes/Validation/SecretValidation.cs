using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>core/v1 Secret: keys, and what the TLS type must hold. No message ever carries a value.</summary>
internal static class SecretValidation
{
    public const string TlsType = "kubernetes.io/tls";

    public static void Validate(Secret secret, FieldErrors errors)
    {
        var keys = new SortedSet<string>((secret.Data ?? []).Keys, StringComparer.Ordinal);
        keys.UnionWith((secret.StringData ?? []).Keys);
        foreach (var key in keys)
        {
            errors.Invalid($"data[{key}]", key, NameRules.ConfigKey(key));
        }

        if (secret.Type == TlsType)
        {
            RequireKey("tls.crt");
            RequireKey("tls.key");
        }

        void RequireKey(string key)
        {
            if (!keys.Contains(key))
            {
                errors.Required($"data[{key}]");
            }
        }
    }
}
