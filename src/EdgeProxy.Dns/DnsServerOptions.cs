using System.Collections.Immutable;
using System.Net;
using EdgeProxy.Dns.Resolving;

namespace EdgeProxy.Dns;

/// <summary>Where the DNS server listens, what it answers for, and whom it asks for the rest.</summary>
public sealed record DnsServerOptions
{
    /// <summary>Addresses to listen on, by UDP and TCP; port 0 takes any free one. No wildcards: a UDP answer must leave from the address that was asked.</summary>
    public required ImmutableArray<IPEndPoint> Listen { get; init; }

    /// <summary>The zone of the Services.</summary>
    public ZoneOptions Zone { get; init; } = new();

    /// <summary>Servers for all other names, asked in this order; empty: other names are REFUSED.</summary>
    public ImmutableArray<IPEndPoint> Upstreams { get; init; } = [];

    /// <summary>How long one upstream server has for its answer. Default 2 s: two fit into the 5 s that a client waits (resolv.conf(5)).</summary>
    public TimeSpan UpstreamTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Queries that may wait for upstream servers at one time; more get SERVFAIL. Default 1000.</summary>
    public int MaxForwarded { get; init; } = 1000;

    /// <summary>How long a TCP connection may be idle, or take for one query. Default 10 s (RFC 7766 §6.2.3 asks for a few seconds).</summary>
    public TimeSpan TcpIdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>TCP connections at one time; more are closed at once. Default 1000.</summary>
    public int MaxTcpConnections { get; init; } = 1000;
}
