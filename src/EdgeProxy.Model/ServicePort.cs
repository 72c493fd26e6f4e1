using System.Collections.Immutable;
using EdgeProxy.Model.Affinity;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Model;

/// <summary>One port of one Service in a snapshot: its endpoints, its policies, and the state that outlives the snapshot.</summary>
public sealed class ServicePort
{
    private readonly EligibleEndpoints _ipv4;
    private readonly EligibleEndpoints _ipv6;
    private readonly LocalNode _node;

    internal ServicePort(
        ServicePortConfig config, ServiceConfig service, ImmutableArray<Backend> backends, ServicePortState state, LocalNode node)
    {
        Name = new ServicePortName(service.Name, config.Name, config.Protocol);
        Config = config;
        Service = service;
        Backends = backends;
        State = state;
        _node = node;
        _ipv4 = Eligible(config.Endpoints, backends, node, ipv6: false);
        _ipv6 = Eligible(config.Endpoints, backends, node, ipv6: true);
    }

    /// <summary>Its name.</summary>
    public ServicePortName Name { get; }

    /// <summary>What was translated from the objects: number, node port, endpoints.</summary>
    public ServicePortConfig Config { get; }

    /// <summary>The Service it belongs to.</summary>
    public ServiceConfig Service { get; }

    /// <summary>The state of each endpoint, parallel to <see cref="ServicePortConfig.Endpoints"/>.</summary>
    public ImmutableArray<Backend> Backends { get; }

    /// <summary>Scheduler and affinity, carried over from snapshot to snapshot.</summary>
    public ServicePortState State { get; }

    /// <summary>False when nothing could serve this family anywhere: the frontend is closed then, so that clients are refused at once.</summary>
    public bool HasUsableEndpoint(bool ipv6) => (ipv6 ? _ipv6 : _ipv4).UsableAnywhere;

    /// <summary>Decides on a new connection or flow from <paramref name="client"/> to one of this port's frontends.</summary>
    public Resolution Resolve(FrontendKind kind, IpAddr destination, IpAddr client)
    {
        if (kind == FrontendKind.LoadBalancer && !SourceRangesAllow(client, destination))
        {
            return Resolution.Of(Verdict.Dropped, this);
        }

        var eligible = destination.IsIPv6 ? _ipv6 : _ipv4;
        var candidates = PolicyFor(kind, destination, client) == TrafficPolicy.Local ? eligible.Local : eligible.Cluster;
        if (!candidates.IsEmpty)
        {
            return new Resolution(Verdict.Forward, this, candidates);
        }

        return Resolution.Of(eligible.UsableAnywhere ? Verdict.Dropped : Verdict.Refused, this);
    }

    /// <summary>
    /// Who may serve an HTTP request routed here: the Cluster set of whichever family has endpoints, since the proxy dials on its own behalf.
    /// </summary>
    public ImmutableArray<Backend> HttpCandidates => _ipv4.Cluster.IsEmpty ? _ipv6.Cluster : _ipv4.Cluster;

    /// <summary>
    /// Picks a backend: the one the client is bound to, if affinity says so and it is still a candidate, else the scheduler's choice.
    /// Null when every candidate was tried.
    /// </summary>
    public Backend? Pick(ImmutableArray<Backend> candidates, IpAddr client, in TriedBackends tried)
    {
        if (Service.AffinityTimeout is not { } timeout)
        {
            return State.Scheduler.Pick(candidates.AsSpan(), tried);
        }

        var bound = State.Affinity.Find(client, timeout);
        var backend = bound is not null && candidates.Contains(bound) && !tried.Contains(bound)
            ? bound
            : State.Scheduler.Pick(candidates.AsSpan(), tried);
        if (backend is not null)
        {
            State.Affinity.Remember(client, backend, timeout);
        }

        return backend;
    }

    /// <summary>True when the endpoint is still listed and serving: an open UDP flow may stay, whatever policies say.</summary>
    public bool StillServes(Backend backend)
    {
        var index = Backends.IndexOf(backend);
        return index >= 0 && Config.Endpoints[index] is { } endpoint && (endpoint.Serving || endpoint.Ready);
    }

    private static EligibleEndpoints Eligible(ImmutableArray<Endpoint> endpoints, ImmutableArray<Backend> backends, LocalNode node, bool ipv6)
    {
        var ofFamily = Enumerable.Range(0, endpoints.Length).Where(index => endpoints[index].Address.Address.IsIPv6 == ipv6).ToList();
        return EligibleEndpoints.Compute(ofFamily.ConvertAll(index => endpoints[index]), ofFamily.ConvertAll(index => backends[index]), node);
    }

    private TrafficPolicy PolicyFor(FrontendKind kind, IpAddr destination, IpAddr client)
    {
        if (kind == FrontendKind.ClusterIP)
        {
            return Service.InternalTrafficPolicy;
        }

        // Traffic from this node to an external address of its own acts as if it had left and come back: Cluster.
        return _node.IsLocalOrigin(client, destination) ? TrafficPolicy.Cluster : Service.ExternalTrafficPolicy;
    }

    /// <summary>A family without a range is unfiltered; a node inside a range may reach its own virtual address.</summary>
    private bool SourceRangesAllow(IpAddr client, IpAddr destination)
    {
        var filtered = false;
        foreach (var range in Service.SourceRanges)
        {
            if (range.Network.IsIPv6 != client.IsIPv6)
            {
                continue;
            }

            filtered = true;
            if (range.Contains(client) || (client == destination && ContainsNodeAddress(range)))
            {
                return true;
            }
        }

        return !filtered;
    }

    private bool ContainsNodeAddress(IpPrefix range)
    {
        foreach (var address in _node.Addresses)
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
