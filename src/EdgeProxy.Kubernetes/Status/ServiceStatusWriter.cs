using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>Gives Services of type LoadBalancer their addresses: keeps their status as <see cref="LoadBalancerPlanner"/> says, one pass after the other.</summary>
internal sealed class ServiceStatusWriter(
    ApiClient api, ClusterWriterOptions options, Func<bool> mayWrite, Func<ServiceState> state, TimeProvider time, ILogger logger)
{
    /// <summary>How often to look at which nodes serve, where their addresses are the load balancer.</summary>
    public static readonly TimeSpan NodeInterval = TimeSpan.FromSeconds(10);

    private readonly StatusPatcher<Service> _patcher = new(api, WatchedKinds.Service, IsSame, options, mayWrite, time, logger);
    private readonly LoadBalancerPlanner _planner = new(options.LoadBalancer);
    private readonly AddressSource _source = new(api, options);

    // What we wrote, as long as the watch has not brought it back: an address that was given a moment ago is not free.
    private readonly Dictionary<NamespacedName, Service> _written = [];
    private bool _hasCaughtUp;
    private bool _serverKeepsIpMode = true;
    private List<Node>? _nodes;
    private long _nodesAt;

    /// <summary>Brings what has changed up to date.</summary>
    /// <exception cref="ApiException">The API server cannot be asked or does not answer; the next pass goes on from there.</exception>
    public async Task<PassResult> PassAsync(CancellationToken cancellationToken)
    {
        if (ReferenceEquals(state(), ServiceState.Empty))
        {
            return PassResult.Done;
        }

        if (!mayWrite())
        {
            // Followers remember too whose status they may have to take back one day.
            Plan();
            (_hasCaughtUp, _nodes) = (false, null);
            return PassResult.Done;
        }

        if (!_hasCaughtUp && !(_hasCaughtUp = await HasCaughtUpAsync(cancellationToken)))
        {
            return PassResult.More;
        }

        await RefreshNodesAsync(cancellationToken);
        var (objects, plan) = Plan();
        _patcher.Forget(name => !objects.Services.ContainsKey(name));
        var changes =
            from wanted in plan.Wanted
            let service = objects.Services[wanted.Key]
            where !Says(service, wanted.Value)
            orderby service.Metadata.CreationTimestamp ?? DateTimeOffset.MaxValue, wanted.Key
            select new StatusChange<Service>(service, wanted.Value);
        return await _patcher.WriteAsync(changes.ToList(), Done, cancellationToken);
    }

    private (ObjectSet Objects, LoadBalancerPlan Plan) Plan()
    {
        var current = state();
        var objects = WithOwnWrites(current.Objects);
        return (objects, _planner.Plan(objects, current.Pools, _nodes is null ? null : new ServingNodes(_nodes, current.Snapshot)));
    }

    private void Done(StatusChange<Service> change, Service? fresh)
    {
        WritingLog.Allocated(logger, change.Subject.Name, change.Addresses.IsEmpty ? "no more" : string.Join(", ", change.Addresses.Select(address => address.Ip)));
        if (change.Addresses.IsEmpty)
        {
            _planner.Forget(change.Subject.Name);
        }

        if (fresh is not null)
        {
            _written[change.Subject.Name] = fresh;
            _serverKeepsIpMode = change.Addresses.IsEmpty ? _serverKeepsIpMode : fresh.Status?.LoadBalancer?.Ingress?.Exists(entry => entry.IpMode is not null) is true;
        }
    }

    /// <summary>In whatever order; where the server does not know ipMode (before 1.30), without it.</summary>
    private bool Says(Service service, ImmutableArray<StatusAddress> wanted)
    {
        var says = StatusAddress.Of(service).ToHashSet();
        return _serverKeepsIpMode
            ? says.SetEquals(wanted)
            : says.Select(address => address with { IpMode = null }).ToHashSet().SetEquals(wanted.Select(address => address with { IpMode = null }));
    }

    private ObjectSet WithOwnWrites(ObjectSet objects)
    {
        foreach (var (name, written) in _written.ToList())
        {
            if (!objects.Services.TryGetValue(name, out var seen) || seen.Metadata.Uid != written.Metadata.Uid || !IsNewer(written, seen))
            {
                _written.Remove(name);
            }
        }

        return _written.Count == 0 ? objects : objects with { Services = objects.Services.SetItems(_written) };
    }

    /// <summary>Resource versions are numbers that grow, on every server that there is (and by contract since 1.35, KEP-5504).</summary>
    private static bool IsNewer(Service written, Service seen) =>
        ulong.TryParse(written.Metadata.ResourceVersion, out var own) && ulong.TryParse(seen.Metadata.ResourceVersion, out var other) && own > other;

    /// <summary>
    /// True when the watch shows every address that the leader before us gave: asked of the API server itself, once, because a free address that
    /// only seems free would be given twice.
    /// </summary>
    private async Task<bool> HasCaughtUpAsync(CancellationToken cancellationToken)
    {
        foreach (var ns in options.Namespaces.IsEmpty ? [null] : options.Namespaces.Cast<string?>())
        {
            var list = await api.GetAsync(WatchedKinds.Service.Path(ns), WatchedKinds.Service.List, cancellationToken);
            var seen = state().Objects.Services;
            if ((list.Items ?? []).Exists(service => service.Status?.LoadBalancer?.Ingress is { Count: > 0 }
                && !(seen.TryGetValue(service.Name, out var known) && StatusAddress.Of(known).SequenceEqual(StatusAddress.Of(service)))))
            {
                return false;
            }
        }

        return true;
    }

    private async Task RefreshNodesAsync(CancellationToken cancellationToken)
    {
        if (options.LoadBalancer.UsesNodeAddresses && (_nodes is null || time.GetElapsedTime(_nodesAt) >= NodeInterval))
        {
            // No replica is ready: that may be known wrongly, and nobody is better served by no address at all.
            var found = await _source.ServingNodesAsync(cancellationToken);
            (_nodes, _nodesAt) = (found.Count > 0 ? found : _nodes, time.GetTimestamp());
        }
    }

    /// <summary>True when it is the same object and asks for the same, so that what was decided for it still holds.</summary>
    private static bool IsSame(Service fresh, Service seen) =>
        fresh.Metadata.Uid == seen.Metadata.Uid
        && fresh.Spec.Type == seen.Spec.Type
        && fresh.Spec.LoadBalancerClass == seen.Spec.LoadBalancerClass
        && StatusAddress.Of(fresh).SequenceEqual(StatusAddress.Of(seen));
}
