using System.Threading.Channels;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>
/// Keeps of all Secrets those that somebody names. One that is named only after the watch has passed over it is read by itself.
/// </summary>
internal sealed class ReferencedSecrets(ApiClient client, TimeProvider time)
{
    private readonly Channel<NamespacedName> _wanted = Channel.CreateUnbounded<NamespacedName>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _lock = new(); // guards _reading
    private readonly HashSet<NamespacedName> _reading = [];

    /// <summary>Whether somebody names a Secret. Until the first translation nobody knows, and all are kept.</summary>
    public Func<NamespacedName, bool> IsNamed { get; set; } = _ => true;

    /// <summary>Puts changes of Secrets that are named, or that were, into <paramref name="update"/>.</summary>
    public void Apply(ObjectSetUpdate update, IReadOnlyDictionary<NamespacedName, Secret?> changes)
    {
        lock (_lock)
        {
            // The watch knows better than a read that is under way.
            _reading.ExceptWith(changes.Keys);
        }

        update.Apply(ObjectSlots.Secrets, changes.Select(change => IsNamed(change.Key) ? change : KeyValuePair.Create(change.Key, (Secret?)null)));
    }

    /// <summary>Reads a Secret that is named but not kept.</summary>
    public void Want(NamespacedName name)
    {
        lock (_lock)
        {
            if (!_reading.Add(name))
            {
                return;
            }
        }

        _wanted.Writer.TryWrite(name);
    }

    /// <summary>Reads what is wanted, one after the other, until cancelled. Takes a Secret's informer for its namespace.</summary>
    public async Task RunAsync(Action<Secret> offer, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(30));
        try
        {
            await foreach (var name in _wanted.Reader.ReadAllAsync(cancellationToken))
            {
                while (IsReading(name) && !await TryReadAsync(name, offer, cancellationToken))
                {
                    await Task.Delay(backoff.Next(), time, cancellationToken);
                }

                backoff.Reset();
            }
        }
        catch (OperationCanceledException)
        {
            // The process is stopping.
        }
    }

    /// <summary>False: try again. The informer says why the server does not answer, if it does not.</summary>
    private async Task<bool> TryReadAsync(NamespacedName name, Action<Secret> offer, CancellationToken cancellationToken)
    {
        try
        {
            var path = $"{WatchedKinds.Secret.Path(name.Namespace)}/{Uri.EscapeDataString(name.Name)}";
            var secret = await client.GetAsync(path, WatchedKinds.Secret.Item, cancellationToken);
            if (Done(name))
            {
                offer(secret);
            }

            return true;
        }
        catch (ApiException error) when (error.Status is >= 400 and < 500 and not 401 and not 429)
        {
            // Not there: the watch brings it when it comes.
            Done(name);
            return true;
        }
        catch (ApiException)
        {
            return false;
        }
    }

    private bool IsReading(NamespacedName name)
    {
        lock (_lock)
        {
            return _reading.Contains(name);
        }
    }

    private bool Done(NamespacedName name)
    {
        lock (_lock)
        {
            return _reading.Remove(name);
        }
    }
}
