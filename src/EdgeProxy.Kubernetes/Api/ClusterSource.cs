using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.State;
using EdgeProxy.Kubernetes.Translation;
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

    /// <summary>Lists of a large cluster take this long when all is well.</summary>
    private static readonly TimeSpan PatienceAtStart = TimeSpan.FromSeconds(5);

    private readonly ApiClient _client;
    private readonly ClusterSourceOptions _options;
    private readonly ILogger _logger;
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
    private Task<bool> _asking = Task.FromResult(true); // whether there are EndpointSlices
    private bool _hasStarted;
    private RecalledState? _recalled; // what is handed out, until the server has listed everything

    /// <summary>A source that begins to read with <see cref="WatchAsync"/>.</summary>
    public ClusterSource(ApiClient client, ClusterSourceOptions options, ILogger logger, TimeProvider time)
    {
        _client = client;
        _options = options;
        _logger = logger;
        _time = time;
        _feed = new InformerFeed(client, options.Watching, new ApiContact(Wake, logger, time), Wake, logger, time);
        _secrets = new ReferencedSecrets(client, time);
    }

    /// <summary>What is kept now.</summary>
    internal ObjectSet Objects => _objects;

    /// <summary>What is not as it should be: the server does not answer, or something may not be read. Null when all is well.</summary>
    public string? Trouble
    {
        get
        {
            var lastGood = RecalledFrom is { } savedAt ? $"serving the last-good state of {savedAt:yyyy-MM-ddTHH:mm:ssZ}" : null;
            var parts = Denied.Select(denied => $"without {denied}").Prepend(Outage?.ToString()).Prepend(lastGood);
            return string.Join("; ", parts.OfType<string>()) is { Length: > 0 } text ? text : null;
        }
    }

    /// <summary>The server.</summary>
    public Uri Server => _client.Server;

    /// <summary>Since when the server does not answer, and why not; null while it does.</summary>
    public ApiOutage? Outage => _feed.Contact.Outage;

    /// <summary>When the last-good state that is served was saved; null once the server has listed everything.</summary>
    public DateTimeOffset? RecalledFrom => Volatile.Read(ref _recalled)?.SavedAt;

    /// <summary>What may not be read, and why.</summary>
    public ImmutableArray<string> Denied
    {
        get
        {
            lock (_lock)
            {
                return [.. _informers.Select(informer => informer.Denied).OfType<string>()];
            }
        }
    }

    /// <summary>What has not been listed yet; the first change of the server's objects waits for it. Empty once that was handed out.</summary>
    public ImmutableArray<string> Missing
    {
        get
        {
            lock (_lock)
            {
                return [.. _informers.Where(informer => !informer.IsSettled).Select(informer => informer.Subject)];
            }
        }
    }

    /// <summary>
    /// Changes, some of them empty, the first one when every informer has listed once. What changes while one is dealt with is in the next. When
    /// the server does not answer at the start, the last-good state comes before all of them.
    /// </summary>
    public async IAsyncEnumerable<ClusterChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            _stopping = stop.Token;
            var started = _time.GetTimestamp();
            var recall = _options.Recall;
            _asking = HasEndpointSlicesAsync(_stopping);
            _running.Add(WakeAfterAskingAsync());
            while (!IsSettled())
            {
                if (!_hasStarted && _asking.IsCompleted)
                {
                    Start(await _asking, _stopping);
                }
                else if (recall is not null && (Outage is not null || Remaining(started, PatienceAtStart) == TimeSpan.Zero))
                {
                    var state = recall();
                    recall = null;
                    if (state is not null)
                    {
                        yield return Take(state);
                    }
                }
                else
                {
                    await WaitForNewsAsync(recall is null ? Timeout.InfiniteTimeSpan : Remaining(started, PatienceAtStart), cancellationToken);
                }
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
        // The last-good state names Secrets that nobody has listed yet: until then all are kept, as at any start.
        var hasSecrets = _recalled is null;
        if (hasSecrets && _options.Secrets == SecretSelection.Referenced)
        {
            _secrets.IsNamed = name => name == _options.DefaultCertificate || isNamed(new NamedObject("Secret", name));
        }

        foreach (var (kind, name) in named.Distinct())
        {
            if (kind == "ConfigMap")
            {
                FollowConfigMap(name);
            }
            else if (hasSecrets && _secretInformer is not null && !_objects.Secrets.ContainsKey(name) && IsInScope(name.Namespace))
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

    /// <summary>Begins to follow every kind.</summary>
    private void Start(bool usesSlices, CancellationToken cancellationToken)
    {
        _hasStarted = true;
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
            return _hasStarted && _informers.TrueForAll(informer => informer.IsSettled);
        }
    }

    private ClusterChange Drain()
    {
        // Whoever wakes us from now on has something that may not be in this change.
        _news.Reader.TryRead(out _);
        var update = new ObjectSetUpdate(_recalled is null ? _objects : ObjectSet.Empty);
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

        var (objects, changes) = (update.Objects, update.Changes);
        if (_recalled is not null)
        {
            // What is not listed any more goes; what is the same stays what it was.
            objects = RecalledState.Replace(_objects, objects);
            changes = ObjectChanges.Between(_objects, objects);
            Volatile.Write(ref _recalled, null);
            ApiLog.Replaced(_logger);
        }

        _objects = objects;
        return new ClusterChange(_objects, changes, [.. _refused.Values.SelectMany(problems => problems)], update.Receipts);
    }

    private ClusterChange Take(RecalledState state)
    {
        Volatile.Write(ref _recalled, state);
        _objects = state.Objects;
        ApiLog.Recalled(_logger, state.SavedAt, _objects.Services.Count, _objects.Ingresses.Count);
        return new ClusterChange(_objects, ObjectChanges.Between(ObjectSet.Empty, _objects), [], []) { IsRecalled = true };
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

    private async Task WakeAfterAskingAsync()
    {
        await ((Task)_asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Wake();
    }

    private void Wake() => _news.Writer.TryWrite(true);

    private sealed record NamedConfigMap(Informer Informer, CancellationTokenSource Stop);
}
