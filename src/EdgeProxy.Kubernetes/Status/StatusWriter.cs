using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>
/// Keeps the status of our Ingresses true, one pass after the other. Every write names the version it is about, so that even a leader that was
/// stopped in the middle of one cannot undo what its successor wrote.
/// </summary>
internal sealed class StatusWriter(
    ApiClient api, ClusterWriterOptions options, Func<bool> mayWrite, Func<ClusterState> state, TimeProvider time, ILogger logger)
{
    private const int WritersAtShutdown = 8;

    // 10,000 Ingresses in three minutes, and no API server notices.
    private const int WritesPerSecond = 50;
    private const int WriteBurst = 100;

    private static readonly TimeSpan RefusalPause = TimeSpan.FromMinutes(1);

    private readonly AddressSource _source = new(api, options);
    private readonly TokenBucket _rate = new(WritesPerSecond, WriteBurst, time);
    private readonly HashSet<NamespacedName> _ours = [];
    private readonly Dictionary<NamespacedName, Attempt> _attempts = [];
    private readonly HashSet<string> _refusing = [];
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

        foreach (var change in StatusPlan.Between(current, _ours, addresses).Where(IsNew))
        {
            if (!_rate.TryTake() || !mayWrite())
            {
                return PassResult.More;
            }

            await WriteAsync(change, cancellationToken);
        }

        return PassResult.Done;
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
                if (mayWrite() && (await PatchAsync(change, stop)).IsDone)
                {
                    Interlocked.Increment(ref written);
                }
            });
        StatusLog.Cleared(logger, written);
    }

    /// <summary>What an Ingress shows, our last write included even when the watch has not brought it back yet.</summary>
    private ImmutableArray<StatusAddress> Says(Ingress ingress) =>
        _attempts.TryGetValue(ingress.Name, out var last) && last.IsDone && ReferenceEquals(last.Ingress, ingress) ? last.Addresses : StatusAddress.Of(ingress);

    private void Remember(ClusterState current)
    {
        _ours.UnionWith(current.Snapshot.Routes.Ingresses.Keys);
        _ours.RemoveWhere(name => !StatusPlan.IsOurs(current, name) && IsTakenBack(current.Objects.Ingresses.GetValueOrDefault(name)));
        foreach (var gone in _attempts.Keys.Where(name => !current.Objects.Ingresses.ContainsKey(name)).ToList())
        {
            _attempts.Remove(gone);
        }
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

    /// <summary>False for what was written, or tried in vain, since the object was last seen to change: the watch may be behind.</summary>
    private bool IsNew(StatusChange change) =>
        !_attempts.TryGetValue(change.Ingress.Name, out var last)
        || !ReferenceEquals(last.Ingress, change.Ingress)
        || !last.Addresses.SequenceEqual(change.Addresses)
        || (last.RefusedAt is { } at && time.GetElapsedTime(at) >= RefusalPause);

    private async Task WriteAsync(StatusChange change, CancellationToken cancellationToken)
    {
        var name = change.Ingress.Name;
        var outcome = await PatchAsync(change, cancellationToken);
        _attempts[name] = new Attempt(change.Ingress, change.Addresses, outcome.IsDone, outcome.Refusal is null ? null : time.GetTimestamp());
        if (outcome.IsDone)
        {
            if (!StatusPlan.IsOurs(state(), name))
            {
                _ours.Remove(name);
            }

            StatusLog.Written(logger, name, change.Addresses.Length);
            if (_refusing.Contains(name.Namespace) && !_attempts.Any(other => other.Key.Namespace == name.Namespace && other.Value.RefusedAt is not null))
            {
                _refusing.Remove(name.Namespace);
            }
        }
        else if (outcome.Refusal is { } reason && _refusing.Add(name.Namespace))
        {
            StatusLog.Refused(logger, name, name.Namespace, reason);
        }
    }

    /// <summary>Writes; when the object is not what we saw, looks at it and tries once more.</summary>
    private async Task<Outcome> PatchAsync(StatusChange change, CancellationToken cancellationToken)
    {
        var (seen, name) = (change.Ingress, change.Ingress.Name);
        var path = $"/apis/networking.k8s.io/v1/namespaces/{name.Namespace}/ingresses/{name.Name}";
        for (var mayLookAgain = true; ; mayLookAgain = false)
        {
            var request = new ApiRequest(HttpMethod.Patch, $"{path}/status")
            {
                Body = StatusPatch.Of(seen.Metadata.ResourceVersion, change.Addresses),
                ContentType = "application/merge-patch+json",
                Timeout = options.Election.WriteTimeout,
            };
            using var response = await api.SendAsync(request, cancellationToken);
            switch ((HttpStatusCode)response.Status)
            {
                case HttpStatusCode.NotFound:
                    return Outcome.Moot;
                case HttpStatusCode.Conflict when mayLookAgain:
                    if (await LookAsync(path, cancellationToken) is not { } fresh || !IsSame(fresh, seen) || !mayWrite())
                    {
                        return Outcome.Moot; // The watch brings what became of it.
                    }

                    seen = fresh;
                    break;
                case HttpStatusCode.Conflict:
                    return Outcome.Moot;
                case var _ when response.IsSuccess:
                    return Outcome.Done;
                case var status:
                    response.ThrowIfAboutServer();
                    return new Outcome(false, response.Message ?? status.ToString());
            }
        }
    }

    private async Task<Ingress?> LookAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await api.SendAsync(new ApiRequest(HttpMethod.Get, path) { Timeout = options.Election.WriteTimeout }, cancellationToken);
        if (response.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }

        response.EnsureSuccess();
        return JsonSerializer.Deserialize((await response.ReadAsync(cancellationToken)).Span, ResourceJson.Default.Ingress);
    }

    /// <summary>True when it is the same object and belongs to the same class, so that what was decided for it still holds.</summary>
    private static bool IsSame(Ingress fresh, Ingress seen) =>
        fresh.Metadata.Uid == seen.Metadata.Uid
        && fresh.Spec.IngressClassName == seen.Spec.IngressClassName
        && ClassAnnotation(fresh) == ClassAnnotation(seen);

    private static string? ClassAnnotation(Ingress ingress) =>
        ingress.Metadata.Annotations?.GetValueOrDefault(Translation.IngressClassRule.DeprecatedAnnotation);

    /// <summary>What was last tried for an object.</summary>
    private sealed record Attempt(Ingress Ingress, ImmutableArray<StatusAddress> Addresses, bool IsDone, long? RefusedAt);

    /// <summary>What became of a write: done, refused for a reason, or overtaken by events.</summary>
    private readonly record struct Outcome(bool IsDone, string? Refusal)
    {
        public static Outcome Done => new(true, null);

        public static Outcome Moot => new(false, null);
    }
}
