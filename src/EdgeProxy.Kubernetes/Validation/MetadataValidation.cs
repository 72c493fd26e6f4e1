using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>Rules of <c>metadata</c>, the same for every kind but for the grammar of the name.</summary>
internal static class MetadataValidation
{
    public static void Validate(KubernetesObject subject, FieldErrors errors)
    {
        var metadata = subject.Metadata;
        ValidateName(subject, metadata.Name, errors);
        if (subject is not (Node or Namespace or IngressClass))
        {
            ValidateNamespace(metadata.Namespace, errors);
        }

        Labels("metadata.labels", metadata.Labels, errors);
        foreach (var key in (metadata.Annotations ?? []).Keys)
        {
            // Annotation keys are compared without regard to case, label keys are not (apimachinery ValidateAnnotations).
            errors.Invalid("metadata.annotations", key, NameRules.QualifiedName(key.ToLowerInvariant()));
        }
    }

    /// <summary>A label map: <c>metadata.labels</c> or a selector. The API server names the map, not the key.</summary>
    public static void Labels(string field, Dictionary<string, string>? labels, FieldErrors errors)
    {
        foreach (var (key, value) in labels ?? [])
        {
            errors.Invalid(field, key, NameRules.QualifiedName(key));
            errors.Invalid(field, value, NameRules.LabelValue(value ?? ""));
        }
    }

    private static void ValidateName(KubernetesObject subject, string? name, FieldErrors errors)
    {
        const string Field = "metadata.name";
        if (string.IsNullOrEmpty(name))
        {
            errors.Required(Field, "name or generateName is required");
            return;
        }

        // Service names were RFC 1035 labels; since Kubernetes 1.34 (KEP-5311) they may start with a digit, as all other labels may.
        errors.Invalid(Field, name, subject is Service or Namespace ? NameRules.Label(name) : NameRules.Subdomain(name));
    }

    private static void ValidateNamespace(string? name, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(name))
        {
            errors.Required("metadata.namespace");
            return;
        }

        errors.Invalid("metadata.namespace", name, NameRules.Label(name));
    }
}
