using EdgeProxy.Model;

namespace EdgeProxy.Demo;

/// <summary>How <c>edgeproxy demo</c> plays pods.</summary>
public sealed record DemoOptions
{
    /// <summary>Node of every pod that does not name one, so that "Local" traffic policies find it. Default <c>demo-node</c>.</summary>
    public string NodeName { get; init; } = "demo-node";

    /// <summary>Where pods get their addresses. Must be loopback, so that no privilege is needed. Default <c>127.244.0.0/16</c>.</summary>
    public IpPrefix PodRange { get; init; } = new(IpAddr.Parse("127.244.0.0"), 16);

    /// <summary>Time requests in flight get to finish when their pod goes away. Zero cuts them off. Default 3 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long a client that sent only the beginning of an HTTP method ("PO") may take to go on before its bytes are echoed as raw TCP.
    /// Default 1 s.
    /// </summary>
    public TimeSpan OpeningTimeout { get; init; } = TimeSpan.FromSeconds(1);
}
