using System.Collections.Immutable;

namespace EdgeProxy.Model.Discovery;

/// <summary>What a name server says of one Service, translated from the object and its EndpointSlices. Immutable.</summary>
/// <remarks>
/// More than a <see cref="ServiceConfig"/> holds: ExternalName and portless headless Services, SCTP ports, and Services that another proxy
/// serves all have names.
/// </remarks>
public sealed class NamedService
{
    /// <summary>Namespace and name.</summary>
    public required NamespacedName Name { get; init; }

    /// <summary>spec.clusterIPs; empty for headless and ExternalName Services.</summary>
    public ImmutableArray<IpAddr> ClusterIPs { get; init; } = [];

    /// <summary>spec.externalName of type ExternalName; null for the other types.</summary>
    public string? ExternalName { get; init; }

    /// <summary>spec.ports, of every protocol.</summary>
    public ImmutableArray<NamedPort> Ports { get; init; } = [];

    /// <summary>The ready endpoints of both families, each once; sorted by name, then address.</summary>
    public ImmutableArray<NamedEndpoint> Endpoints { get; init; } = [];
}

/// <summary>One ready endpoint under its name below the Service.</summary>
/// <param name="Name">Its hostname; without one, its address with dashes. Lower case, one label. Endpoints may share a name.</param>
/// <param name="Address">Its address.</param>
/// <param name="Ports">The ports of its slices.</param>
public sealed record NamedEndpoint(string Name, IpAddr Address, ImmutableArray<NamedPort> Ports);

/// <summary>A port with the two labels of its SRV record.</summary>
/// <param name="Name">Its name; empty when unnamed, and then no SRV name leads to it.</param>
/// <param name="Protocol">tcp, udp or sctp.</param>
/// <param name="Number">1–65535.</param>
public readonly record struct NamedPort(string Name, string Protocol, ushort Number);
