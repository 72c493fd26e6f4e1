using EdgeProxy.Model.Metrics;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Model.Routing;

/// <summary>Where a request goes, and what is done to it on the way. Immutable, but for what it counts, and precompiled: serving it decides nothing again.</summary>
public sealed class Route
{
    /// <summary>The Ingress it comes from.</summary>
    public required NamespacedName Ingress { get; init; }

    /// <summary>Rule host; empty for every host.</summary>
    public required string Host { get; init; }

    /// <summary>Rule path as written; empty for a default backend.</summary>
    public required string Path { get; init; }

    /// <summary>How <see cref="Path"/> is compared.</summary>
    public PathType Type { get; init; }

    /// <summary>The Service port; null: closed, answers 503.</summary>
    public BackendReference? Backend { get; init; }

    /// <summary>Plain requests are sent to https.</summary>
    public bool SslRedirect { get; init; }

    /// <summary>Rewrites the path; null: the raw target is forwarded byte for byte.</summary>
    public PathRewrite? Rewrite { get; init; }

    /// <summary>The host every request is redirected to, path and query kept; null: none. Of the other spelling of a host (from-to-www-redirect).</summary>
    public string? RedirectsToHost { get; init; }

    /// <summary>What its Ingress asks beyond host and path; null: nothing, and then nothing is paid.</summary>
    public RoutePolicies? Policies { get; init; }

    /// <summary>What is asked of its host; null: nothing.</summary>
    public HostPolicies? HostPolicies { get; init; }

    /// <summary>How its requests reach endpoints.</summary>
    public ForwardingPolicies Forwarding { get; init; } = ForwardingPolicies.Default;

    /// <summary>Who serves some of its requests instead; null: nobody.</summary>
    public CanaryRoute? Canary { get; init; }

    /// <summary>What it has had to do; that of the same rule in the table before, where there was one.</summary>
    public TrafficTally Traffic { get; private set; } = new();

    /// <summary>True when a request needs more than being forwarded or sent to https.</summary>
    public bool HasSteps => Policies is not null || HostPolicies is not null || IsClosed || RedirectsToHost is not null;

    /// <summary>True when an annotation restricts access in a way that cannot be honoured: answers 503.</summary>
    public bool IsClosed { get; init; }

    /// <summary>Goes on counting where the same rule of the table before stands. Before anybody else sees this one.</summary>
    internal void GoOn(Route before) => Traffic = before.Traffic;

    /// <summary><c>namespace/name host path</c>, for logs.</summary>
    public override string ToString() => $"{Ingress} {(Host.Length == 0 ? "*" : Host)}{Path}";
}
