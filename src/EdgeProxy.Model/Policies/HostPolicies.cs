using System.Collections.Immutable;

namespace EdgeProxy.Model.Policies;

/// <summary>
/// What an Ingress asks of the hosts it has rules for, whoever else has rules there: one member a feature, and for each the oldest Ingress of a
/// host that asks wins. Immutable.
/// </summary>
public sealed record HostPolicies
{
    /// <summary>Nothing is asked.</summary>
    public static HostPolicies None { get; } = new();

    /// <summary>Annotation app-root: a request for exactly <c>/</c> is sent to this path (302). Null: not asked.</summary>
    public string? AppRoot { get; init; }

    /// <summary>Annotation server-alias: further names under which the host is served, lower case, <c>*.</c> for one label. Null: not asked.</summary>
    public ImmutableArray<string>? Aliases { get; init; }

    /// <summary>Annotation from-to-www-redirect: the same name with or without <c>www.</c> in front is redirected to the host.</summary>
    public bool RedirectsWww { get; init; }

    /// <summary>Fills what is null here from a younger Ingress.</summary>
    public HostPolicies Or(HostPolicies younger) => new()
    {
        AppRoot = AppRoot ?? younger.AppRoot,
        Aliases = Aliases ?? younger.Aliases,
        RedirectsWww = RedirectsWww || younger.RedirectsWww,
    };
}
