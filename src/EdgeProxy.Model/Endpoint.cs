using System.Collections.Immutable;

namespace EdgeProxy.Model;

/// <summary>One pod address of one service port, as its EndpointSlice describes it.</summary>
public sealed record Endpoint
{
    /// <summary>The weight of endpoints that are given none.</summary>
    public const int DefaultWeight = 1;

    /// <summary>Address and port.</summary>
    public required EndpointAddress Address { get; init; }

    /// <summary>The node it runs on; never derived from the address.</summary>
    public string? NodeName { get; init; }

    /// <summary>May take new traffic. Absent in the slice: true.</summary>
    public bool Ready { get; init; } = true;

    /// <summary>Able to serve, even while terminating. Absent in the slice: true.</summary>
    public bool Serving { get; init; } = true;

    /// <summary>Being shut down.</summary>
    public bool Terminating { get; init; }

    /// <summary>hints.forZones.</summary>
    public ImmutableArray<string> ZoneHints { get; init; } = [];

    /// <summary>hints.forNodes.</summary>
    public ImmutableArray<string> NodeHints { get; init; } = [];

    /// <summary>Its share of new connections, 0–65,535 as in IPVS; 0: no new ones. Default 1.</summary>
    public int Weight { get; init; } = DefaultWeight;

    /// <summary>Could serve somebody: ready, or still serving while it terminates (KEP-1669).</summary>
    public bool IsUsable => Ready || (Serving && Terminating);
}
