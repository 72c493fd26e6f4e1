using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Model.Routing;

/// <summary>An Ingress as routing needs it, translated from the object. Immutable; equality is by reference.</summary>
public sealed class IngressConfig
{
    /// <summary>Namespace and name.</summary>
    public required NamespacedName Name { get; init; }

    /// <summary>metadata.creationTimestamp; the oldest of two equal claims wins, and one without counts as younger than any with.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>spec.defaultBackend.</summary>
    public BackendReference? DefaultBackend { get; init; }

    /// <summary>spec.rules, in order.</summary>
    public ImmutableArray<IngressRuleConfig> Rules { get; init; } = [];

    /// <summary>spec.tls, in order.</summary>
    public ImmutableArray<IngressTlsConfig> Tls { get; init; } = [];

    /// <summary>Annotation use-regex: the paths of its hosts, of all Ingresses, are regular expressions.</summary>
    public bool UseRegex { get; init; }

    /// <summary>
    /// Annotation regex-scope <c>ingress</c>: its patterns are its own, and its paths are not made patterns by others. Default false: all Ingresses
    /// of a host that say so share theirs.
    /// </summary>
    public bool KeepsPatterns { get; init; }

    /// <summary>Annotation slash-redirect: <c>/x</c> is redirected to a rule <c>/x/</c>. Default false.</summary>
    public bool RedirectsToSlash { get; init; }

    /// <summary>
    /// Annotation rewrite-target: replaces the path, <c>$1</c>…<c>$9</c> being groups of the rule path, which is then read as a regular expression.
    /// Null: forward the target as it came.
    /// </summary>
    public string? RewriteTarget { get; init; }

    /// <summary>True when an annotation restricts access in a way that cannot be honoured: every route answers 503 rather than being open.</summary>
    public bool IsClosed { get; init; }

    /// <summary>What it asks of its routes; null: nothing.</summary>
    public RoutePolicies? Policies { get; init; }

    /// <summary>What it asks of the hosts it has rules for.</summary>
    public HostPolicies HostPolicies { get; init; } = HostPolicies.None;

    /// <summary>How requests of its routes reach endpoints.</summary>
    public ForwardingPolicies Forwarding { get; init; } = ForwardingPolicies.Default;

    /// <summary>Annotation canary: it has no routes of its own, but is the alternative of others' routes. Null: it is an Ingress like any.</summary>
    public CanaryPolicy? Canary { get; init; }

    /// <summary>Annotation ssl-redirect: plain requests for hosts with TLS are sent to https. Default true.</summary>
    public bool SslRedirect { get; init; } = true;

    /// <summary>Annotation force-ssl-redirect: plain requests are sent to https whether the host has TLS here or not. Default false.</summary>
    public bool ForceSslRedirect { get; init; }
}

/// <summary>One host rule.</summary>
/// <param name="Host">Lower case; <c>*.</c> and a name; or empty for every host.</param>
/// <param name="Paths">Paths in order.</param>
public sealed record IngressRuleConfig(string Host, ImmutableArray<IngressPathConfig> Paths);

/// <summary>One path of a rule.</summary>
/// <param name="Path">As written; absent is <c>/</c>.</param>
/// <param name="Type">ImplementationSpecific behaves like Prefix.</param>
/// <param name="Backend">Null: a resource backend, which nobody here can serve, so the route answers 503.</param>
public sealed record IngressPathConfig(string Path, PathType Type, BackendReference? Backend);

/// <summary>One tls entry.</summary>
/// <param name="Hosts">Lower case; empty: hosts of the rules that the certificate covers.</param>
/// <param name="Secret">The certificate's Secret; null: the default certificate.</param>
public sealed record IngressTlsConfig(ImmutableArray<string> Hosts, NamespacedName? Secret);

/// <summary>A Service port that serves a route; resolved at each request, so that the Service may come and go on its own.</summary>
/// <param name="Service">The Service.</param>
/// <param name="PortName">spec port name; null when given by number.</param>
/// <param name="PortNumber">spec port number; 0 when given by name, and without a name too: the first TCP port.</param>
public sealed record BackendReference(NamespacedName Service, string? PortName, int PortNumber)
{
    /// <inheritdoc />
    public override string ToString() => PortName is not null ? $"{Service}:{PortName}" : PortNumber != 0 ? $"{Service}:{PortNumber}" : Service.ToString();
}

/// <summary>networking.k8s.io/v1 pathType.</summary>
public enum PathType
{
    /// <summary>By path element. Also what ImplementationSpecific and a missing type mean here.</summary>
    Prefix,

    /// <summary>The whole path, case and trailing slash included.</summary>
    Exact,
}
