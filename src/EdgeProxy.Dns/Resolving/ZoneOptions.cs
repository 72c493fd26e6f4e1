namespace EdgeProxy.Dns.Resolving;

/// <summary>What the names of Services look like and how long they may be kept.</summary>
public sealed record ZoneOptions
{
    /// <summary>The longest <see cref="Domain"/>, in characters: every name below it still fits into 255 bytes.</summary>
    public const int MaxDomainLength = 57;

    /// <summary>The cluster domain, lower case, without a dot at the end. Default <c>cluster.local</c>, as kubelet's <c>--cluster-domain</c>.</summary>
    public string Domain { get; init; } = "cluster.local";

    /// <summary>How long clients may keep an answer, positive or not. Whole seconds, 0 to 1 h; default 5 s, as CoreDNS.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Which names <c>1-2-3-4.namespace.pod.cluster.local</c> exist. Default <see cref="PodNames.Verified"/>.</summary>
    public PodNames Pods { get; init; } = PodNames.Verified;

    /// <summary>
    /// A Service with a cluster IP but no ready endpoint does not exist, so that a client goes on with its search list. Default false.
    /// </summary>
    public bool IgnoreEmptyServices { get; init; }

    /// <summary>True for a domain under which every Service can be named.</summary>
    public static bool IsDomain(string text) => text.Length is > 0 and <= MaxDomainLength && Wire.DnsName.IsValid(text) && !text.Contains('\\', StringComparison.Ordinal);
}

/// <summary>Which pods have names of their own; the modes of CoreDNS's kubernetes plugin.</summary>
public enum PodNames
{
    /// <summary>None.</summary>
    Disabled,

    /// <summary>Every address in every namespace that exists, whether or not a pod has it, as kube-dns did.</summary>
    Insecure,

    /// <summary>The addresses that pods of the namespace have.</summary>
    Verified,
}
