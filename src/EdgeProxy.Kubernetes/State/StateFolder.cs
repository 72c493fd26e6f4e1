using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Channels;
using EdgeProxy.Kubernetes.Api.Watching;
using EdgeProxy.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.State;

/// <summary>
/// Keeps the last-good state of one cluster in a folder, a file a kind, for the next start. Secrets are never among them. Whoever observes never
/// waits: <see cref="RunAsync"/> writes what changed, some seconds later.
/// </summary>
/// <param name="folder">The folder; made when it is first written.</param>
/// <param name="source">Which cluster and what of it, as people read it; files of another one are not used.</param>
/// <param name="logger">Told when files cannot be used or written.</param>
/// <param name="time">The clock.</param>
public sealed class StateFolder(string folder, string source, ILogger logger, TimeProvider time)
{
    /// <summary>From a change to when it is written, at least.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Writing may take one part in so many of the time: a busy cluster is written less often, not at the cost of its traffic.</summary>
    private const int Idleness = 50;

    /// <summary>Within a file, each moment of work is followed by so many of rest.</summary>
    private const int Rest = 3;

    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private ObjectSet? _objects; // the newest
    private ObjectSet? _saved; // what the files have
    private string? _trouble;

    /// <summary>What kept the last write from succeeding; null when nothing did.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <summary>There are new objects. Cheap; from any thread.</summary>
    public void Observe(ObjectSet objects)
    {
        Volatile.Write(ref _objects, objects);
        _changed.Writer.TryWrite(true);
    }

    /// <summary>Writes what changed, until stopped; then once more, at full speed, what was not written yet.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _changed.Reader.ReadAsync(stop);
                await Task.Delay(Interval, time, stop);
                var worked = await SaveAsync(stop);
                await Task.Delay(worked * Idleness, time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            await SaveAsync(stop);
        }
    }

    /// <summary>Reads what an earlier run left. Null when it left nothing, or when a file cannot be used, which is logged: half a state is none.</summary>
    public RecalledState? Recall()
    {
        var objects = ObjectSet.Empty;
        var savedAt = DateTimeOffset.MinValue;
        string path = folder;
        try
        {
            if (!Directory.Exists(folder))
            {
                return null;
            }

            Read("Service", ObjectSlots.Services);
            Read("EndpointSlice", ObjectSlots.EndpointSlices);
            Read("Ingress", ObjectSlots.Ingresses);
            Read("IngressClass", ObjectSlots.IngressClasses);
            Read("ConfigMap", ObjectSlots.ConfigMaps);
            Read("Node", ObjectSlots.Nodes);
            Read("Namespace", ObjectSlots.Namespaces);
            return new RecalledState(objects, savedAt);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            StateLog.CannotUse(logger, path, error.Message);
            return null;
        }

        void Read<T>(string kind, ObjectSlot<T> slot)
            where T : KubernetesObject
        {
            path = PathOf(kind);
            var (head, items) = StateFile.Read<T>(path, kind, source);
            savedAt = head.SavedAt > savedAt ? head.SavedAt : savedAt;
            objects = slot.Set(objects, items.ToImmutableDictionary(item => item.Name));
        }
    }

    /// <summary>Writes the kinds that changed; returns the time of work, without the rests.</summary>
    private async Task<TimeSpan> SaveAsync(CancellationToken hurry)
    {
        if (Volatile.Read(ref _objects) is not { } objects || ReferenceEquals(objects, _saved))
        {
            return TimeSpan.Zero;
        }

        var work = Stopwatch.StartNew();
        try
        {
            await WriteAsync("Service", ObjectSlots.Services);
            await WriteAsync("EndpointSlice", ObjectSlots.EndpointSlices);
            await WriteAsync("Ingress", ObjectSlots.Ingresses);
            await WriteAsync("IngressClass", ObjectSlots.IngressClasses);
            await WriteAsync("ConfigMap", ObjectSlots.ConfigMaps);
            await WriteAsync("Node", ObjectSlots.Nodes);
            await WriteAsync("Namespace", ObjectSlots.Namespaces);
            _saved = objects;
            Volatile.Write(ref _trouble, null);
            StateLog.Saved(logger, folder, work.Elapsed.TotalMilliseconds);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Once a reason; the next change tries again.
            if (_trouble != error.Message)
            {
                StateLog.CannotWrite(logger, folder, error.Message);
            }

            Volatile.Write(ref _trouble, error.Message);
        }

        return work.Elapsed;

        async Task WriteAsync<T>(string kind, ObjectSlot<T> slot)
            where T : KubernetesObject
        {
            var items = slot.Get(objects);
            if (_saved is null || !ReferenceEquals(items, slot.Get(_saved)))
            {
                var head = new StateFileHead(StateFile.Version, kind, source, time.GetUtcNow());
                var began = work.Elapsed;
                await StateFile.WriteAsync(PathOf(kind), head, items.Values, PauseAsync);

                async Task PauseAsync()
                {
                    work.Stop();
                    var rest = (work.Elapsed - began) * Rest;
                    if (!hurry.IsCancellationRequested && rest > TimeSpan.Zero)
                    {
                        try
                        {
                            await Task.Delay(rest, time, hurry);
                        }
                        catch (OperationCanceledException)
                        {
                            // The process is stopping: the rest at full speed.
                        }
                    }

                    began = work.Elapsed;
                    work.Start();
                }
            }
        }
    }

    private string PathOf(string kind) => Path.Combine(folder, kind + ".jsonl.gz");
}
