namespace EdgeProxy.Kubernetes.Validation;

/// <summary>Transport and application protocol names.</summary>
internal static class ProtocolRules
{
    /// <summary>An error unless it is absent (TCP by default) or one of the three, in capitals.</summary>
    public static void Validate(string field, string? protocol, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(protocol) && protocol is not ("TCP" or "UDP" or "SCTP"))
        {
            errors.NotSupported(field, protocol, "SCTP", "TCP", "UDP");
        }
    }

    public static void ValidateApplication(string field, string? protocol, FieldErrors errors)
    {
        if (protocol is not null)
        {
            errors.Invalid(field, protocol, NameRules.QualifiedName(protocol));
        }
    }
}
