using System.Runtime.CompilerServices;
using EdgeProxy.Kubernetes.Manifests.Files;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Manifests;

/// <summary>
/// The objects of files and folders of manifests. Each load reads what changed since the one before; what is broken keeps its last good
/// version, and objects whose content did not change keep their reference.
/// </summary>
/// <remarks>
/// Folders are read with their sub-folders: <c>*.yaml</c>, <c>*.yml</c>, <c>*.json</c>; names that begin with a dot are skipped. A given
/// path that is not there is a problem, not an end: it is read once it appears, and if it was there before, its objects stay.
/// </remarks>
public sealed class ManifestSource(IReadOnlyList<string> paths, TimeProvider time)
{
    private readonly Lock _loading = new();

    // Guarded by _loading, as everything below.
    private readonly Dictionary<string, ManifestFile> _files = new(StringComparer.Ordinal);
    private Dictionary<ObjectKey, ReadObject> _items = [];
    private Dictionary<ObjectKey, KubernetesObject> _served = [];
    private ObjectSet _objects = ObjectSet.Empty;

    /// <summary>The files and folders that are read.</summary>
    public IReadOnlyList<string> Paths => paths;

    /// <summary>A larger file is refused. Bytes; default 64 MiB.</summary>
    public long LargestFile { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long files are given to settle before objects missing from them are believed to be gone.</summary>
    public SettleTimes Settle { get; init; } = new();

    /// <summary>How often a file's text was parsed so far; for tests of the cache.</summary>
    internal int TimesParsed => _files.Values.Sum(file => file.TimesParsed);

    /// <summary>Reads what changed. Safe to call from several threads; one load runs at a time.</summary>
    public LoadResult Load()
    {
        lock (_loading)
        {
            var listing = ManifestFiles.List(paths);
            var problems = new List<Problem>(listing.Unlisted.Select(Describe));
            var files = Refresh(listing, out var loadAgainAfter);

            // Objects that are only held never stand in the way of ones that were read: they may have moved to another file.
            var items = new Dictionary<ObjectKey, ReadObject>();
            foreach (var file in files)
            {
                problems.AddRange(file.Problems);
                Take(items, problems, file.Objects.Where(item => !file.IsHolding && !item.IsHeld));
            }

            foreach (var held in files.SelectMany(file => file.Objects.Where(item => file.IsHolding || item.IsHeld)))
            {
                items.TryAdd(held.Item.Key, held.Item);
            }

            Serve(items);
            return new LoadResult(_objects, problems, listing.Unlisted.Count == 0 && files.TrueForAll(file => file.CouldRead), loadAgainAfter);
        }
    }

    /// <summary>Loads now and after every change, until cancelled.</summary>
    public async IAsyncEnumerable<LoadResult> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The watcher comes first: a change between the first load and its start would be missed.
        await using var watcher = new ManifestWatcher(paths, time);
        while (true)
        {
            var result = Load();
            if (result.LoadAgainAfter is { } wait)
            {
                watcher.WakeAfter(wait);
            }

            yield return result;
            await watcher.WaitForChangeAsync(cancellationToken);
        }
    }

    private static Problem Describe(UnlistedPath path) =>
        new(ProblemSeverity.Error, null, null, null, path.Reason, new SourceLocation(path.Path, 0, 0));

    private static bool IsUnder(string file, string folder) =>
        file == folder || (file.StartsWith(folder, StringComparison.Ordinal) && (folder.EndsWith('/') || file[folder.Length] == '/'));

    private static void Take(Dictionary<ObjectKey, ReadObject> items, List<Problem> problems, IEnumerable<FileObject> objects)
    {
        foreach (var (item, _) in objects)
        {
            if (!items.TryAdd(item.Key, item))
            {
                var first = items[item.Key].Object.Origin!.Locate(null);
                problems.Add(new Problem(
                    ProblemSeverity.Error, item.Key.Kind, item.Key.Name, null,
                    $"already defined at {first}; this one is not used",
                    item.Object.Origin!.Locate(null)));
            }
        }
    }

    // Returns the files in path order; those that are only remembered come last.
    private List<ManifestFile> Refresh(ManifestFiles listing, out TimeSpan? loadAgainAfter)
    {
        var limits = new FileLimits(LargestFile, Settle, time);
        var files = new List<ManifestFile>();
        foreach (var (path, _) in listing.Files)
        {
            if (!_files.TryGetValue(path, out var file))
            {
                _files.Add(path, file = new ManifestFile(path, limits));
            }

            files.Add(file);
        }

        // Each knows nothing of the others, and parsing is most of what a start costs.
        var waits = new TimeSpan?[files.Count];
        Parallel.For(0, files.Count, index => waits[index] = files[index].Refresh(listing.Files[index].Fingerprint));
        var wait = waits.Aggregate((TimeSpan?)null, Sooner);

        foreach (var file in _files.Values.Except(files).OrderBy(file => file.Path, StringComparer.Ordinal).ToList())
        {
            if (listing.Unlisted.Any(unlisted => IsUnder(file.Path, unlisted.Path)))
            {
                file.Hold();
            }
            else if (file.Vanish() is { } left)
            {
                wait = Sooner(wait, left);
            }
            else
            {
                _files.Remove(file.Path);
                continue;
            }

            files.Add(file);
        }

        loadAgainAfter = wait;
        return files;
    }

    private static TimeSpan? Sooner(TimeSpan? left, TimeSpan? right) => left < right || right is null ? left : right;

    private void Serve(Dictionary<ObjectKey, ReadObject> items)
    {
        var served = new Dictionary<ObjectKey, KubernetesObject>(items.Count);
        foreach (var (key, item) in items)
        {
            served.Add(key, item.Object);
            if (_items.TryGetValue(key, out var before) && before.Digest == item.Digest && !ReferenceEquals(before, item))
            {
                // Unchanged content keeps its reference from load to load; only its place in the file may have moved.
                served[key] = _served[key];
                served[key].Origin = item.Object.Origin;
            }
            else if (ReferenceEquals(before, item))
            {
                served[key] = _served[key];
            }
        }

        _objects = new ObjectSetChanges(_served, served).Apply(_objects);
        (_items, _served) = (items, served);
    }
}
