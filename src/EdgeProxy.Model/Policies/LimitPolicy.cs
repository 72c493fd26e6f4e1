using System.Collections.Immutable;

namespace EdgeProxy.Model.Policies;

/// <summary>How much each client address may ask of an Ingress. Immutable; counted by this process alone.</summary>
public sealed record LimitPolicy
{
    /// <summary>Annotation limit-rps: requests a second; 0: no limit. Default 0.</summary>
    public int RequestsPerSecond { get; init; }

    /// <summary>Annotation limit-rpm: requests a minute; 0: no limit. Default 0.</summary>
    public int RequestsPerMinute { get; init; }

    /// <summary>Annotation limit-connections: requests in progress, each HTTP/2 stream being one; 0: no limit. Default 0.</summary>
    public int Connections { get; init; }

    /// <summary>Annotation limit-burst-multiplier: a client may be this many times the rate ahead of it. 1 or more; default 5.</summary>
    public int BurstMultiplier { get; init; } = 5;

    /// <summary>Annotation limit-allowlist: addresses that are not counted. Default none.</summary>
    public ImmutableArray<IpPrefix> Exempt { get; init; } = [];

    /// <summary>Status above a rate (ConfigMap key limit-req-status-code). 400 to 599; default 503.</summary>
    public int RequestStatus { get; init; } = 503;

    /// <summary>Status above <see cref="Connections"/> (ConfigMap key limit-conn-status-code). 400 to 599; default 503.</summary>
    public int ConnectionStatus { get; init; } = 503;
}
