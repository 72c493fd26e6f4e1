using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.State;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Api;

/// <summary>What is read from a cluster.</summary>
public sealed record ClusterSourceOptions
{
    /// <summary>Namespaces whose objects are read; empty: all.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>Which Secrets are kept. Default: those that are referenced.</summary>
    public SecretSelection Secrets { get; init; }

    /// <summary>The node whose Node object is read, for its zone and pod ranges.</summary>
    public required string NodeName { get; init; }

    /// <summary>ConfigMaps that are read whatever their namespace.</summary>
    public ImmutableArray<NamespacedName> ConfigMaps { get; init; } = [];

    /// <summary>Secret of the default certificate, which is read whatever its namespace; null: there is none.</summary>
    public NamespacedName? DefaultCertificate { get; init; }

    /// <summary>Read Namespaces too, which a name server needs. Default false.</summary>
    public bool Discovery { get; init; }

    /// <summary>Read Namespaces too, because pools of addresses may select by their labels. Default false.</summary>
    public bool NamespaceLabels { get; init; }

    /// <summary>The last-good state of an earlier run, asked for once and only when the server does not answer at the start; null: there is none.</summary>
    public Func<RecalledState?>? Recall { get; init; }

    /// <summary>How objects are listed and watched.</summary>
    internal WatchOptions Watching { get; init; } = new();
}
