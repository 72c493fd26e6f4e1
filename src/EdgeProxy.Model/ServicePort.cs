using System.Collections.Immutable;
using EdgeProxy.Model.Affinity;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Model;

/// <summary>One port of one Service in a snapshot: its endpoints, its policies, and the state that outlives the snapshot.</summary>
public sealed class ServicePort
{
    private readonly Family _ipv4;
    private readonly Family _ipv6;
    private readonly LocalNode _node;
    private Scheduler? _fast;

    /// <param name="config">The port.</param>
    /// <param name="service">Its Service.</param>
    /// <param name="backends">Parallel to the port's endpoints.</param>
    /// <param name="state">What is carried over.</param>
    /// <param name="node">Where we are.</param>
    /// <param name="before">The same port in the snapshot before, whose schedulers go on; null: there is none whose turns would still mean anything.</param>
    internal ServicePort(
        ServicePortConfig config,
        ServiceConfig service,
        ImmutableArray<Backend> backends,
        ServicePortState state,
        LocalNode node,
        ServicePort? before)
    {
        Name = new ServicePortName(service.Name, config.Name, config.Protocol);
        Config = config;
        Service = service;
        Backends = backends;
        State = state;
        _node = node;
        _ipv4 = Eligible(ipv6: false, before?._ipv4);
        _ipv6 = Eligible(ipv6: true, before?._ipv6);
    }

    /// <summary>Its name.</summary>
    public ServicePortName Name { get; }

    /// <summary>What was translated from the objects: number, node port, endpoints.</summary>
    public ServicePortConfig Config { get; }

    /// <summary>The Service it belongs to.</summary>
    public ServiceConfig Service { get; }

    /// <summary>The state of each endpoint, parallel to <see cref="ServicePortConfig.Endpoints"/>.</summary>
    public ImmutableArray<Backend> Backends { get; }

    /// <summary>Affinity and ejections, carried over from snapshot to snapshot.</summary>
    public ServicePortState State { get; }

    /// <summary>False when nothing could serve this family anywhere: the frontend is closed then, so that clients are refused at once.</summary>
    public bool HasUsableEndpoint(bool ipv6) => (ipv6 ? _ipv6 : _ipv4).Eligible.UsableAnywhere;

    /// <summary>Decides on a new connection or flow from <paramref name="client"/> to one of this port's frontends.</summary>
    public Resolution Resolve(FrontendKind kind, IpAddr destination, IpAddr client)
    {
        if (kind == FrontendKind.LoadBalancer && !SourceRangesAllow(client, destination))
        {
            return Resolution.Of(Verdict.Dropped, this);
        }

        var family = destination.IsIPv6 ? _ipv6 : _ipv4;
        var scheduler = PolicyFor(kind, destination, client) == TrafficPolicy.Local ? family.Local : family.Cluster;
        if (!scheduler.Candidates.IsEmpty)
        {
            return new Resolution(Verdict.Forward, this, scheduler);
        }

        return Resolution.Of(family.Eligible.UsableAnywhere ? Verdict.Dropped : Verdict.Refused, this);
    }

    /// <summary>
    /// Whom one of this port's frontends answers while somebody somewhere could serve: all those for whom <see cref="Resolve"/> does not say
    /// <see cref="Verdict.Dropped"/>.
    /// </summary>
    public AllowedClients ClientsOf(FrontendKind kind, IpAddr destination)
    {
        if (Service.ClientAddress.AcceptsProxyProtocol)
        {
            // Who asks is only known from the header, and the sender of that need not be allowed himself.
            return AllowedClients.Everybody;
        }

        var inRange = kind == FrontendKind.LoadBalancer ? ClientsInSourceRanges(destination) : AllowedClients.Everybody;
        return inRange.And(ClientsServedByPolicy(kind, destination));
    }

    /// <summary>Addresses of one family of endpoints that are ready on this node.</summary>
    internal IEnumerable<IpAddr> ReadyHere(bool ipv6) =>
        from endpoint in Config.Endpoints
        where endpoint.Ready && endpoint.Address.Address.IsIPv6 == ipv6 && _node.Runs(endpoint)
        select endpoint.Address.Address;

    /// <summary>
    /// Picks who serves an HTTP request routed here: from the Cluster set of whichever family has endpoints, since the proxy dials on its own behalf.
    /// </summary>
    public Scheduler HttpScheduler => _ipv4.Cluster.Candidates.IsEmpty ? _ipv6.Cluster : _ipv4.Cluster;

    /// <summary>
    /// Picks a backend: the one the client is bound to, if affinity says so and it may still be picked, else the scheduler's choice; one that is
    /// ejected, or whose health checks fail, only when nobody else is left. Null when every candidate was tried, or none takes connections.
    /// </summary>
    /// <param name="scheduler">The scheduler of a <see cref="Resolution"/>, or <see cref="HttpScheduler"/>.</param>
    /// <param name="client">Who asks; affinity looks at the address only.</param>
    /// <param name="destination">The address that was asked for.</param>
    /// <param name="tried">Those that failed this connection already.</param>
    public Backend? Pick(Scheduler scheduler, EndpointAddress client, IpAddr destination, in TriedBackends tried)
    {
        var arrival = ArrivalOf(scheduler, client, destination, tried);
        if (Service.AffinityTimeout is not { } timeout)
        {
            return Choose(scheduler, arrival, tried);
        }

        var bound = State.Affinity.Find(client.Address, timeout);
        var backend = bound is not null && scheduler.Candidates.Contains(bound) && arrival.Allows(bound) ? bound : Choose(scheduler, arrival, tried);
        if (backend is not null)
        {
            State.Affinity.Remember(client.Address, backend, timeout);
        }

        return backend;
    }

    /// <summary>
    /// Picks for a request with a wish of its own, in whose place the Service's affinity does not stand: the endpoint it is bound to, else by its
    /// key, else as the scheduler says; failing ones only when nobody else is left.
    /// </summary>
    public Backend? Pick(Scheduler scheduler, in EndpointWish wish, EndpointAddress client, IpAddr destination, in TriedBackends tried)
    {
        var arrival = ArrivalOf(scheduler, client, destination, tried);
        if (wish.Bound is { } bound && arrival.Allows(bound))
        {
            return bound;
        }

        if (wish.Key is not { } key)
        {
            return Choose(scheduler, arrival, tried);
        }

        return KeyHash.Pick(scheduler.Candidates, key, wish.Subset, arrival)
            ?? (arrival.PassesFailing ? KeyHash.Pick(scheduler.Candidates, key, wish.Subset, arrival.WithFailing(tried)) : null);
    }

    /// <summary>
    /// <see cref="HttpScheduler"/>, or in its place one that prefers endpoints that answer soon (annotation load-balance), unless the Service
    /// names a scheduler itself.
    /// </summary>
    public Scheduler HttpSchedulerPreferring(bool fast)
    {
        if (!fast || Service.Scheduling.Scheduler != SchedulingPolicy.DefaultScheduler)
        {
            return HttpScheduler;
        }

        // Two that come first at once make one each: the scheduler keeps nothing that would be lost with the other.
        return _fast ??= (Service.Scheduling with { Scheduler = "ewma" }).CreateScheduler(HttpScheduler.Candidates);
    }

    /// <summary>Tells that a backend accepted, and how long that took. Costs a read or two, except under scheduler <c>ewma</c>.</summary>
    public void ReportConnected(Backend backend, TimeSpan latency)
    {
        backend.Failures.Clear();
        if (Service.Scheduling.MeasuresLatency || _fast is not null)
        {
            backend.Latency.Observe(latency, State.Ejections.Now);
        }
    }

    /// <summary>
    /// Tells that a backend refused, reset or did not answer. Returns how long it is passed over when that was once too often, else null.
    /// </summary>
    public TimeSpan? ReportFailed(Backend backend) => Service.EjectsFailing ? State.Ejections.Failed(backend, Config.Endpoints, Backends) : null;

    /// <summary>True while a backend is passed over because it kept failing.</summary>
    public bool IsEjected(Backend backend) => backend.Failures.IsEjected(State.Ejections.Now);

    /// <summary>How much longer a backend is passed over; zero when it is not.</summary>
    public TimeSpan EjectedFor(Backend backend) => backend.Failures.Remaining(State.Ejections.Now);

    /// <summary>True when the endpoint is still listed and serving: an open UDP flow may stay, whatever policies say.</summary>
    public bool StillServes(Backend backend)
    {
        var index = Backends.IndexOf(backend);
        return index >= 0 && Config.Endpoints[index] is { } endpoint && (endpoint.Serving || endpoint.Ready);
    }

    private Arrival ArrivalOf(Scheduler scheduler, EndpointAddress client, IpAddr destination, in TriedBackends tried)
    {
        var passUnhealthy = Service.HealthCheck is not null && AnyHealthy(scheduler.Candidates);
        return new Arrival(client, destination, tried, State.Time, State.Ejections.Moment, passUnhealthy);
    }

    private static Backend? Choose(Scheduler scheduler, in Arrival arrival, in TriedBackends tried) =>
        scheduler.Pick(arrival) ?? (arrival.PassesFailing ? scheduler.Pick(arrival.WithFailing(tried)) : null);

    /// <summary>
    /// When all fail their checks, all are used, and each takes its turns as ever: it may well be the check that is wrong. HAProxy does
    /// without its servers then, Envoy calls it panic and does as we do.
    /// </summary>
    private static bool AnyHealthy(ImmutableArray<Backend> candidates)
    {
        foreach (var backend in candidates.AsSpan())
        {
            if (backend is { IsHealthy: true, Weight: > 0, IsDrained: false })
            {
                return true;
            }
        }

        return false;
    }

    private Family Eligible(bool ipv6, Family? before)
    {
        var ofFamily = Enumerable.Range(0, Config.Endpoints.Length).Where(index => Config.Endpoints[index].Address.Address.IsIPv6 == ipv6).ToList();
        var eligible = EligibleEndpoints.Compute(ofFamily.ConvertAll(index => Config.Endpoints[index]), ofFamily.ConvertAll(index => Backends[index]), _node);
        return new Family(eligible, SchedulerOf(eligible.Cluster, before?.Cluster), SchedulerOf(eligible.Local, before?.Local));
    }

    /// <summary>The same one for the same list, so that a change elsewhere rebuilds no table.</summary>
    private Scheduler SchedulerOf(ImmutableArray<Backend> candidates, Scheduler? before)
    {
        if (before is null || before.Candidates.IsEmpty || candidates.IsEmpty)
        {
            return Service.Scheduling.CreateScheduler(candidates);
        }

        return before.Serves(candidates) ? before : before.Follow(candidates);
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
            // A PROXY header may announce a client of the other family: ranges for the address it came to are not open to it.
            filtered |= range.Network.IsIPv6 == destination.IsIPv6;
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

    /// <summary>The same as a set: what <see cref="SourceRangesAllow"/> says of each client of the destination's family.</summary>
    private AllowedClients ClientsInSourceRanges(IpAddr destination)
    {
        var ranges = Service.SourceRanges.RemoveAll(range => range.Network.IsIPv6 != destination.IsIPv6);
        if (ranges.IsEmpty)
        {
            return AllowedClients.Everybody;
        }

        return AllowedClients.In(ranges.Any(ContainsNodeAddress) ? ranges.Add(IpPrefix.Of(destination)) : ranges);
    }

    private AllowedClients ClientsServedByPolicy(FrontendKind kind, IpAddr destination)
    {
        var policy = kind == FrontendKind.ClusterIP ? Service.InternalTrafficPolicy : Service.ExternalTrafficPolicy;
        if (policy == TrafficPolicy.Cluster || !(destination.IsIPv6 ? _ipv6 : _ipv4).Local.Candidates.IsEmpty)
        {
            return AllowedClients.Everybody;
        }

        return kind == FrontendKind.ClusterIP ? AllowedClients.Nobody : _node.LocalOrigins(destination);
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

    private sealed record Family(EligibleEndpoints Eligible, Scheduler Cluster, Scheduler Local);
}
