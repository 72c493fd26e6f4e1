using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Api;

/// <summary>Remembers what a ListWatch handed over, in words, and what there is now.</summary>
internal sealed class RecordingSink : IWatchSink<Service>
{
    private readonly Lock _lock = new();
    private readonly List<string> _calls = [];
    private readonly SortedDictionary<string, Service> _objects = new(StringComparer.Ordinal);

    /// <summary>Everything so far, such as <c>+a</c>, <c>-a</c>, <c>synced</c>.</summary>
    public string Calls
    {
        get
        {
            lock (_lock)
            {
                return string.Join(' ', _calls);
            }
        }
    }

    /// <summary>The names there are now.</summary>
    public string Names
    {
        get
        {
            lock (_lock)
            {
                return string.Join(' ', _objects.Keys);
            }
        }
    }

    public Service this[string name]
    {
        get
        {
            lock (_lock)
            {
                return _objects[name];
            }
        }
    }

    public Task Reached { get; } = new TaskCompletionSource().Task;

    public void Changed(IReadOnlyList<WatchChange<Service>> changes, long receivedAt)
    {
        lock (_lock)
        {
            foreach (var (name, item) in changes)
            {
                _calls.Add((item is null ? "-" : "+") + name.Name);
                if (item is null)
                {
                    _objects.Remove(name.Name);
                }
                else
                {
                    _objects[name.Name] = item;
                }
            }
        }
    }

    public void Synced() => Note("synced");

    public void Answered()
    {
    }

    public void Failed(ApiException error) => Note($"failed:{error.Reason}");

    public void Unreadable() => Note("unreadable");

    /// <summary>Waits until the calls are these.</summary>
    public Task WaitForAsync(string calls) => Eventually.TrueAsync(() => Calls == calls, () => $"wanted: {calls}\nfound:  {Calls}");

    /// <summary>Waits until these are there.</summary>
    public Task WaitForNamesAsync(string names) => Eventually.TrueAsync(() => Names == names, () => $"wanted: {names}\nfound:  {Names}\nby: {Calls}");

    /// <summary>Waits until something was called.</summary>
    public Task WaitForCallAsync(string call) => Eventually.TrueAsync(() => Calls.Split(' ').Contains(call), () => $"wanted: {call}\nfound: {Calls}");

    private void Note(string call)
    {
        lock (_lock)
        {
            _calls.Add(call);
        }
    }
}
