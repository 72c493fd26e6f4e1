using System.Runtime.CompilerServices;
using System.Threading.Channels;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Api;

/// <summary>
/// Follows the objects of a cluster. Each kind has an informer of its own, and what several of them bring at the same time is one change. A kind
/// that may not be read is gone without; a server that does not answer changes nothing.
/// </summary>
public sealed class ClusterSource
{
    /// <summary>Helm keeps whole releases in Secrets, which may be large and are none of our business.</summary>
    private const string NoHelmReleases = "type!=helm.sh/release.v1";

    /// <summary>Changes are handed out no closer together than this; the first after a while at once.</summary>
    private static readonly TimeSpan Coalescing = TimeSpan.FromMilliseconds(5);

    // Looking at all objects together takes its time, which events would have to wait for: in the quiet after changes, or now and then.
    private static readonly TimeSpan QuietBeforeReview = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestUnreviewed = TimeSpan.FromSeconds(10);

    private readonly ApiClient _client;
    private readonly ClusterSourceOptions _options;
    private readonly TimeProvider _time;
    private readonly InformerFeed _feed;
    private readonly ReferencedSecrets _secrets;
    private readonly List<Informer> _informers = [];
    // Holds something when an informer has something.
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<NamespacedName, NamedConfigMap> _configMaps = [];
    private readonly Dictionary<NamespacedName, List<NamespacedName>> _slicesOfEndpoints = [];
    private readonly Dictionary<(string Kind, NamespacedName Name), IReadOnlyList<Problem>> _refused = [];
    private readonly Lock _lock = new(); // guards _informers, which readiness asks about
    private readonly List<Task> _running = [];
    private CancellationToken _stopping;
    private Informer<Secret>? _secretInformer;
    private ObjectSet _objects = ObjectSet.Empty;

    /// <summary>A source that begins to read with <see cref="WatchAsync"/>.</summary>
    public ClusterSource(ApiClient client, ClusterSourceOptions options, ILogger logger, TimeProvider time)
    {
        _client = client;
        _options = options;
        _time = time;
        _feed = new InformerFeed(client, options.Watching, new ApiContact(logger, time), Wake, logger, time);
        _secrets = new ReferencedSecrets(client, time);
    }

    /// <summary>What is kept now.</summary>
    internal ObjectSet Objects => _objects;

    /// <summary>What is not as it should be: the server does not answer, or something may not be read. Null when all is well.</summary>
    public string? Trouble
    {
        get
        {
            lock (_lock)
            {
                var parts = _informers.Select(informer => informer.Denied is { } denied ? $"without {denied}" : null).Prepend(_feed.Contact.Trouble);
                return string.Join("; ", parts.OfType<string>()) is { Length: > 0 } text ? text : null;
            }
        }
    }

    /// <summary>What the first change waits for; empty once it was handed out.</summary>
    public string Missing
    {
        get
        {
            lock (_lock)
            {
                return string.Join(", ", _informers.Where(informer => !informer.IsSettled).Select(informer => informer.Subject));
            }
        }
    }

    /// <summary>Changes, some of them empty, the first one when every informer has listed once. What changes while one is dealt with is in the next.</summary>
    public async IAsyncEnumerable<ClusterChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            _stopping = stop.Token;
            await StartAsync(stop.Token);
            while (!IsSettled())
            {
                await _news.Reader.ReadAsync(cancellationToken);
            }

            yield return Drain();
            long? unreviewedSince = _time.GetTimestamp();
            while (true)
            {
                var handedOut = _time.GetTimestamp();
                await WaitForNewsAsync(unreviewedSince is null ? Timeout.InfiniteTimeSpan : QuietBeforeReview, cancellationToken);
                await Task.Delay(Remaining(handedOut, Coalescing), _time, cancellationToken);
                var change = Drain();
                unreviewedSince ??= _time.GetTimestamp();
                change.IsReviewDue = change.Receipts.Count == 0 || Remaining(unreviewedSince.Value, LongestUnreviewed) == TimeSpan.Zero;
                unreviewedSince = change.IsReviewDue ? null : unreviewedSince;
                yield return change;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(_running);
        }
    }

    /// <summary>
    /// Says what the objects handed out last name: Secrets that are not kept are read, ConfigMaps are followed as long as they are named.
    /// Called by whoever takes the changes, between two of them.
    /// </summary>
    /// <param name="isNamed">Whether an object is named by any other now.</param>
    /// <param name="named">What changed objects name.</param>
    internal void Follow(Func<NamedObject, bool> isNamed, IEnumerable<NamedObject> named)
    {
        if (_options.Secrets == SecretSelection.Referenced)
        {
            _secrets.IsNamed = name => name == _options.DefaultCertificate || isNamed(new NamedObject("Secret", name));
        }

        foreach (var (kind, name) in named.Distinct())
        {
            if (kind == "ConfigMap")
            {
                FollowConfigMap(name);
            }
            else if (_secretInformer is not null && !_objects.Secrets.ContainsKey(name) && IsInScope(name.Namespace))
            {
                _secrets.Want(name);
            }
        }
    }

    /// <summary>Lets go of what nobody names any more. Called as <see cref="Follow"/>, but seldom.</summary>
    internal void Release(Func<NamedObject, bool> isNamed)
    {
        foreach (var (name, followed) in _configMaps.Where(entry => !_options.ConfigMaps.Contains(entry.Key) && !isNamed(new NamedObject("ConfigMap", entry.Key))).ToList())
        {
            followed.Stop.Cancel();
            followed.Stop.Dispose();
            _configMaps.Remove(name);
            _feed.Contact.Forget(followed.Informer);
            lock (_lock)
            {
                _informers.Remove(followed.Informer);
            }

            _objects = _objects with { ConfigMaps = _objects.ConfigMaps.Remove(name) };
        }

        if (_options.Secrets == SecretSelection.Referenced)
        {
            _objects = _objects with { Secrets = _objects.Secrets.RemoveRange(_objects.Secrets.Keys.Where(name => !_secrets.IsNamed(name))) };
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var usesSlices = await HasEndpointSlicesAsync(cancellationToken);
        if (!usesSlices)
        {
            ApiLog.UsesEndpoints(_feed.Logger);
        }

        Add(WatchedKinds.IngressClass, default, (update, changes) => update.Apply(ObjectSlots.IngressClasses, changes), cancellationToken);
        Add(WatchedKinds.Node, WatchScope.Named(null, _options.NodeName), (update, changes) => update.Apply(ObjectSlots.Nodes, changes), cancellationToken);
        if (_options.Discovery || _options.NamespaceLabels)
        {
            Add(WatchedKinds.Namespace, default, (update, changes) => update.Apply(ObjectSlots.Namespaces, changes), cancellationToken);
        }

        foreach (var ns in _options.Namespaces.IsEmpty ? [null] : _options.Namespaces.Cast<string?>())
        {
            var scope = new WatchScope(ns);
            Add(WatchedKinds.Service, scope, (update, changes) => update.Apply(ObjectSlots.Services, changes), cancellationToken);
            Add(WatchedKinds.Ingress, scope, (update, changes) => update.Apply(ObjectSlots.Ingresses, changes), cancellationToken);
            if (usesSlices)
            {
                Add(WatchedKinds.EndpointSlice, scope, (update, changes) => update.Apply(ObjectSlots.EndpointSlices, changes), cancellationToken);
            }
            else
            {
                Add(WatchedKinds.Endpoints, scope, ApplyEndpoints, cancellationToken);
            }

            if (_options.Secrets != SecretSelection.None)
            {
                _secretInformer = Add(WatchedKinds.Secret, scope with { FieldSelector = NoHelmReleases }, _secrets.Apply, cancellationToken);
            }
        }

        if (_options is { DefaultCertificate: { } certificate, Secrets: not SecretSelection.None } && !IsInScope(certificate.Namespace))
        {
            Add(WatchedKinds.Secret, WatchScope.Named(certificate.Namespace, certificate.Name), _secrets.Apply, cancellationToken);
        }

        foreach (var name in _options.ConfigMaps)
        {
            FollowConfigMap(name);
        }

        if (_secretInformer is { } secrets)
        {
            _running.Add(_secrets.RunAsync(secrets.Offer, cancellationToken));
        }
    }

    /// <summary>Servers before 1.21 have no discovery.k8s.io/v1. Until the server has said something, nothing can be read anyway.</summary>
    private async Task<bool> HasEndpointSlicesAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_options.Watching.FirstDelay, _options.Watching.LongestDelay);
        while (true)
        {
            try
            {
                using var response = await _client.SendAsync(new ApiRequest(HttpMethod.Get, "/apis/discovery.k8s.io/v1"), cancellationToken);
                if (response.IsSuccess || response.Status is 403 or 404)
                {
                    _feed.Contact.Answered(this);
                    return response.Status != 404;
                }

                response.EnsureSuccess();
            }
            catch (ApiException error)
            {
                _feed.Contact.Failed(this, error);
                await Task.Delay(backoff.Next(error.RetryAfter), _time, cancellationToken);
            }
        }
    }

    private Informer<T> Add<T>(
        WatchedKind<T> kind, WatchScope scope, Action<ObjectSetUpdate, IReadOnlyDictionary<NamespacedName, T?>> apply, CancellationToken cancellationToken)
        where T : KubernetesObject
    {
        var informer = new Informer<T>(kind, scope, apply, _feed);
        lock (_lock)
        {
            _informers.Add(informer);
        }

        _running.Add(informer.RunAsync(cancellationToken));
        return informer;
    }

    private void FollowConfigMap(NamespacedName name)
    {
        if (_configMaps.ContainsKey(name))
        {
            return;
        }

        var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        var informer = Add(
            WatchedKinds.ConfigMap,
            WatchScope.Named(name.Namespace, name.Name),
            (update, changes) => update.Apply(ObjectSlots.ConfigMaps, changes),
            stop.Token);
        _configMaps.Add(name, new NamedConfigMap(informer, stop));
    }

    /// <summary>What is left of <paramref name="period"/> since <paramref name="from"/>.</summary>
    private TimeSpan Remaining(long from, TimeSpan period) => period - _time.GetElapsedTime(from) is { Ticks: > 0 } rest ? rest : TimeSpan.Zero;

    private async Task WaitForNewsAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var elapsed = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(elapsed.Token, cancellationToken);
        try
        {
            await _news.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Quiet since the last change.
        }
    }

    private bool IsInScope(string ns) => _options.Namespaces.IsEmpty || _options.Namespaces.Contains(ns);

    private bool IsSettled()
    {
        lock (_lock)
        {
            return _informers.TrueForAll(informer => informer.IsSettled);
        }
    }

    private ClusterChange Drain()
    {
        // Whoever wakes us from now on has something that may not be in this change.
        _news.Reader.TryRead(out _);
        var update = new ObjectSetUpdate(_objects);
        Informer[] informers;
        lock (_lock)
        {
            informers = [.. _informers];
        }

        foreach (var informer in informers)
        {
            informer.Drain(update);
        }

        foreach (var (key, problems) in update.Refused)
        {
            if (problems.Count > 0)
            {
                _refused[key] = problems;
            }
            else
            {
                _refused.Remove(key);
            }
        }

        _objects = update.Objects;
        return new ClusterChange(_objects, update.Changes, [.. _refused.Values.SelectMany(problems => problems)], update.Receipts);
    }

    /// <summary>Endpoints objects as the slices a mirroring controller would make of them.</summary>
    private void ApplyEndpoints(ObjectSetUpdate update, IReadOnlyDictionary<NamespacedName, Endpoints?> changes)
    {
        var slices = new Dictionary<NamespacedName, EndpointSlice?>();
        foreach (var (name, endpoints) in changes)
        {
            foreach (var old in _slicesOfEndpoints.GetValueOrDefault(name, []))
            {
                slices[old] = null;
            }

            var made = endpoints is null ? [] : MirroredEndpoints.Build(endpoints).ToList();
            made.ForEach(slice => slices[slice.Name] = slice);
            _slicesOfEndpoints[name] = made.ConvertAll(slice => slice.Name);
        }

        update.Apply(ObjectSlots.EndpointSlices, slices);
    }

    private void Wake() => _news.Writer.TryWrite(true);

    private sealed record NamedConfigMap(Informer Informer, CancellationTokenSource Stop);
}
