using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Access by address, and how it goes together with authentication.</summary>
internal sealed class AddressAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Access by address";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("allowlist-source-range", "csv CIDR/IP", "other client addresses get 403; unparsable = 503; ConfigMap key whitelist-source-range") { Restricts = true, Alias = "whitelist-source-range", HasConfigKey = true },
        new("denylist-source-range", "csv CIDR/IP", "listed client addresses get 403; looked at before the allowlist; unparsable = 503") { Restricts = true, HasConfigKey = true },
        new("satisfy", "any, all (default)", "any: one of address list, basic authentication and external authentication is enough") { Restricts = true },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        var allowed = reader.Prefixes("allowlist-source-range");
        var denied = reader.Prefixes("denylist-source-range");
        var satisfyAny = reader.OneOf("satisfy", "any", "all") == "any";
        if (allowed is null && denied is null && !satisfyAny)
        {
            return;
        }

        reader.Route = reader.Route with
        {
            Access = (reader.Route.Access ?? new AccessPolicy()) with { Allowed = allowed, Denied = denied ?? [], SatisfyAny = satisfyAny },
        };
    }
}
