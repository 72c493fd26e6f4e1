using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>One object that came or changed, or whose <paramref name="Object"/> is null because it went.</summary>
internal readonly record struct WatchChange<T>(NamespacedName Name, T? Object)
    where T : KubernetesObject;

/// <summary>Takes what a <see cref="ListWatch{T}"/> finds. Called from one thread at a time.</summary>
internal interface IWatchSink<T>
    where T : KubernetesObject
{
    /// <summary>Changes in the order in which they happened; <paramref name="receivedAt"/> is the clock's timestamp when they came in.</summary>
    void Changed(IReadOnlyList<WatchChange<T>> changes, long receivedAt);

    /// <summary>Ends when the server answers somebody else again, so that it makes no sense to wait any longer.</summary>
    Task Reached { get; }

    /// <summary>Everything that exists has been handed over.</summary>
    void Synced();

    /// <summary>The server answered.</summary>
    void Answered();

    /// <summary>A list or a watch could not be had; it is tried again.</summary>
    void Failed(ApiException error);

    /// <summary>An event could not be read and is passed over.</summary>
    void Unreadable();
}
