using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>networking.k8s.io/v1 IngressClass.</summary>
internal static class IngressClassValidation
{
    public static void Validate(IngressClass ingressClass, FieldErrors errors)
    {
        const string Field = "spec.controller";
        var controller = ingressClass.Spec?.Controller;
        if (string.IsNullOrEmpty(controller))
        {
            errors.Required(Field);
            return;
        }

        var slash = controller.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == controller.Length - 1)
        {
            errors.Invalid(Field, controller, "must be a domain-prefixed path (such as \"acme.io/foo\")");
            return;
        }

        errors.Invalid(Field, controller[..slash], NameRules.Subdomain(controller[..slash]));
    }
}
