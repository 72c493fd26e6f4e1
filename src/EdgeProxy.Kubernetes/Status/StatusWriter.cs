using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>Keeps the status of our Ingresses true, one pass after the other.</summary>
internal sealed class StatusWriter(
    ApiClient api, ClusterWriterOptions options, Func<bool> mayWrite, Func<ClusterState> state, TimeProvider time, ILogger logger)
{
    private const int WritersAtShutdown = 8;

    private readonly AddressSource _source = new(api, options);
    private readonly StatusPatcher<Ingress> _patcher = new(api, WatchedKinds.Ingress, IsSame, options, mayWrite, time, logger);
    private readonly HashSet<NamespacedName> _ours = [];
    private ImmutableArray<StatusAddress>? _addresses;
    private Service? _publishedAs;
    private long? _askedAt;
    private bool _saidUnknown;

    /// <summary>Brings what has changed up to date.</summary>
    /// <exception cref="ApiException">The API server cannot be asked or does not answer; the next pass goes on from there.</exception>
    public async Task<PassResult> PassAsync(CancellationToken cancellationToken)
    {
        // Followers remember too whose status they may have to take back one day.
        var current = state();
        Remember(current);
        if (!mayWrite())
        {
            _askedAt = null;
            return PassResult.Done;
        }

        await RefreshAddressesAsync(current, cancellationToken);
        if (_addresses is not { } addresses)
        {
            return PassResult.Done;
        }

        return await _patcher.WriteAsync(
            StatusPlan.Between(current, _ours, addresses),
            (change, _) =>
            {
                if (!StatusPlan.IsOurs(state(), change.Subject.Name))
                {
                    _ours.Remove(change.Subject.Name);
                }
            },
            cancellationToken);
    }

    /// <summary>Takes back what our Ingresses say, unless another replica goes on serving them.</summary>
    /// <exception cref="ApiException">The API server cannot be asked or does not answer.</exception>
    public async Task ClearAsync(CancellationToken cancellationToken)
    {
        if (_addresses is not { } addresses || await _source.HasOtherReplicasAsync(cancellationToken))
        {
            return;
        }

        var written = 0;
        await Parallel.ForEachAsync(
            StatusPlan.Clear(state(), addresses, Says),
            new ParallelOptions { MaxDegreeOfParallelism = WritersAtShutdown, CancellationToken = cancellationToken },
            async (change, stop) =>
            {
                if (mayWrite() && (await _patcher.PatchAsync(change, stop)).IsDone)
                {
                    Interlocked.Increment(ref written);
                }
            });
        StatusLog.Cleared(logger, written);
    }

    /// <summary>What an Ingress shows, our last write included even when the watch has not brought it back yet.</summary>
    private ImmutableArray<StatusAddress> Says(Ingress ingress) => _patcher.Written(ingress) ?? StatusAddress.Of(ingress);

    private void Remember(ClusterState current)
    {
        _ours.UnionWith(current.Snapshot.Routes.Ingresses.Keys);
        _ours.RemoveWhere(name => !StatusPlan.IsOurs(current, name) && IsTakenBack(current.Objects.Ingresses.GetValueOrDefault(name)));
        _patcher.Forget(name => !current.Objects.Ingresses.ContainsKey(name));
    }

    /// <summary>True when nothing of ours is left in the status. Whatever comes there later is its new controller's, even our own addresses.</summary>
    private bool IsTakenBack(Ingress? ingress)
    {
        var said = ingress is null ? [] : StatusAddress.Of(ingress);
        return said.IsEmpty || (_addresses is { } addresses && !said.All(addresses.Contains));
    }

    /// <summary>Once an interval, when we become the leader, and when the published Service is seen to change.</summary>
    private async Task RefreshAddressesAsync(ClusterState current, CancellationToken cancellationToken)
    {
        var published = options.PublishService is { } name ? current.Objects.Services.GetValueOrDefault(name) : null;
        if (_askedAt is { } asked && time.GetElapsedTime(asked) < options.AddressInterval && ReferenceEquals(published, _publishedAs))
        {
            return;
        }

        var found = await _source.FindAsync(cancellationToken);
        (_askedAt, _publishedAs) = (time.GetTimestamp(), published);
        if (found is null)
        {
            if (!_saidUnknown)
            {
                StatusLog.AddressesUnknown(logger);
            }
        }
        else if (_addresses is not { } before || !before.SequenceEqual(found.Value))
        {
            StatusLog.Addresses(logger, found.Value.IsEmpty ? "no address" : string.Join(", ", found.Value.Select(address => address.Ip ?? address.Hostname)));
        }

        _saidUnknown = found is null;
        _addresses = found ?? _addresses;
    }

    /// <summary>True when it is the same object and belongs to the same class, so that what was decided for it still holds.</summary>
    private static bool IsSame(Ingress fresh, Ingress seen) =>
        fresh.Metadata.Uid == seen.Metadata.Uid
        && fresh.Spec.IngressClassName == seen.Spec.IngressClassName
        && ClassAnnotation(fresh) == ClassAnnotation(seen);

    private static string? ClassAnnotation(Ingress ingress) =>
        ingress.Metadata.Annotations?.GetValueOrDefault(Translation.IngressClassRule.DeprecatedAnnotation);
}
