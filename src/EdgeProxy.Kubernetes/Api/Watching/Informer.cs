using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Validation;
using EdgeProxy.Model;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>Follows the objects of one kind and scope and keeps what changed until somebody asks.</summary>
internal abstract class Informer
{
    /// <summary>What is followed, for messages: <c>services in all namespaces</c>.</summary>
    public abstract string Subject { get; }

    /// <summary>True once everything that exists was handed over, or it turned out that it may not be read: nothing more is to be waited for.</summary>
    public abstract bool IsSettled { get; }

    /// <summary>Why it may not be read; null when it may.</summary>
    public abstract string? Denied { get; }

    /// <summary>Runs until cancelled.</summary>
    public abstract Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Puts what changed since the last time into <paramref name="update"/>.</summary>
    public abstract void Drain(ObjectSetUpdate update);
}

/// <inheritdoc />
/// <param name="kind">The kind.</param>
/// <param name="scope">Which of its objects.</param>
/// <param name="apply">Puts changes into an object set.</param>
/// <param name="feed">Whom to wake, and whom to tell how the server is.</param>
internal sealed class Informer<T>(
    WatchedKind<T> kind, WatchScope scope, Action<ObjectSetUpdate, IReadOnlyDictionary<NamespacedName, T?>> apply, InformerFeed feed)
    : Informer, IWatchSink<T>
    where T : KubernetesObject
{
    private readonly Lock _lock = new(); // guards what is pending
    private Dictionary<NamespacedName, T?> _pending = [];
    private readonly HashSet<NamespacedName> _bad = [];
    private Dictionary<NamespacedName, IReadOnlyList<Problem>> _refused = [];
    private List<Receipt> _receipts = [];
    private volatile bool _hasSynced;
    private volatile string? _denied;

    public override string Subject => $"{kind.QualifiedResource} {scope}";

    public Task Reached => feed.Contact.Reached;

    public override bool IsSettled => _hasSynced || _denied is not null;

    public override string? Denied => _denied;

    public override Task RunAsync(CancellationToken cancellationToken) =>
        new ListWatch<T>(feed.Client, kind, scope, feed.Options, this, feed.Time).RunAsync(cancellationToken);

    public override void Drain(ObjectSetUpdate update)
    {
        Dictionary<NamespacedName, T?> pending;
        Dictionary<NamespacedName, IReadOnlyList<Problem>> refused;
        lock (_lock)
        {
            if (_pending.Count == 0 && _refused.Count == 0 && _receipts.Count == 0)
            {
                return;
            }

            (pending, _pending) = (_pending, []);
            (refused, _refused) = (_refused, []);
            update.Receipts.AddRange(_receipts);
            _receipts = [];
        }

        foreach (var (name, problems) in refused)
        {
            update.Refused[(kind.Kind, name)] = problems;
        }

        apply(update, pending);
    }

    /// <summary>Puts in an object that was read by other means, unless the watch has more recent news of it.</summary>
    public void Offer(T item)
    {
        lock (_lock)
        {
            if (_pending.ContainsKey(item.Name))
            {
                return;
            }
        }

        Changed([new WatchChange<T>(item.Name, item)], feed.Time.GetTimestamp());
    }

    public void Changed(IReadOnlyList<WatchChange<T>> changes, long receivedAt)
    {
        lock (_lock)
        {
            foreach (var (name, item) in changes)
            {
                var problems = item is null ? [] : Refuse(item);
                if (problems.Count > 0)
                {
                    _refused[name] = problems;
                    _bad.Add(name);
                    continue;
                }

                _pending[name] = item;
                if (_bad.Remove(name))
                {
                    _refused[name] = [];
                }
            }

            _receipts.Add(new Receipt(receivedAt, changes.Count));
        }

        feed.Wake();
    }

    public void Synced()
    {
        _hasSynced = true;
        feed.Wake();
    }

    public void Answered()
    {
        if (_denied is not null)
        {
            _denied = null;
            ApiLog.Granted(feed.Logger, Subject);
        }

        feed.Contact.Answered(this);
    }

    public void Failed(ApiException error)
    {
        // Refused for good, as far as we can tell. Whether the server answers is another question, and it did.
        if (error.Status is 403 or 404)
        {
            feed.Contact.Answered(this);
            if (_denied is null)
            {
                _denied = error.Status == 403 ? $"list and watch {Subject}: {error.Message}" : $"{Subject}: the API server does not have them";
                ApiLog.Denied(feed.Logger, error.Status == 403 ? "not permitted" : "not there", _denied);
                feed.Wake();
            }

            return;
        }

        feed.Contact.Failed(this, error);
    }

    public void Unreadable() => ApiLog.Unreadable(feed.Logger, Subject);

    /// <summary>What slipped through admission must not reach the data plane: the last sound version stays in service.</summary>
    private static IReadOnlyList<Problem> Refuse(T item)
    {
        var errors = ObjectValidation.Validate(item);
        if (errors.Count == 0)
        {
            return [];
        }

        var problems = new ProblemSink();
        foreach (var error in errors)
        {
            problems.Error(item, error.Field, error.Message, ProblemReason.FieldInvalid);
        }

        return problems.Problems;
    }
}

/// <summary>Some events that came in together.</summary>
/// <param name="At">The clock's timestamp.</param>
/// <param name="Events">How many.</param>
internal readonly record struct Receipt(long At, int Events);

/// <summary>What the informers of one server share.</summary>
internal sealed record InformerFeed(ApiClient Client, WatchOptions Options, ApiContact Contact, Action Wake, ILogger Logger, TimeProvider Time);
