namespace EdgeProxy.Kubernetes.Manifests.Files;

/// <summary>
/// Hears of changes under one given path sooner than polling would. Best effort: the kernel may refuse more watches, events may be lost,
/// and links out of the folder are not followed. Owns its <see cref="FileSystemWatcher"/>.
/// </summary>
internal sealed class FolderEvents(string path, Action<bool> onEvent) : IDisposable
{
    private FileSystemWatcher? _watcher;
    private string? _folder;
    private volatile bool _failed;

    /// <summary>Starts listening when that is possible and not yet done; again after the folder was replaced or events were lost.</summary>
    public void Arm()
    {
        var folder = Folder();
        if (_watcher is not null && !_failed && folder == _folder)
        {
            return;
        }

        Dispose();
        (_folder, _failed) = (folder, false);
        if (folder is null)
        {
            return;
        }

        try
        {
            _watcher = new FileSystemWatcher(folder)
            {
                IncludeSubdirectories = Directory.Exists(path),
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            _watcher.Created += (_, change) => Tell(change.Name);
            _watcher.Changed += (_, change) => Tell(change.Name);
            _watcher.Deleted += (_, change) => Tell(change.Name);
            _watcher.Renamed += (_, change) => Tell(change.Name);
            _watcher.Error += (_, _) => Fail();
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // No watch to be had (fs.inotify limits, or the folder just went): polling sees the changes, a second later.
            Dispose();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _watcher?.Dispose();
        _watcher = null;
    }

    private string? Folder()
    {
        var real = RealPath.Resolve(path);
        if (real is null || Directory.Exists(real))
        {
            return real;
        }

        // A single file, there or not yet: its folder tells of it.
        var parent = Path.GetDirectoryName(Path.GetFullPath(path));
        return Directory.Exists(parent) ? parent : null;
    }

    private void Tell(string? name) =>
        onEvent(ManifestFiles.IsManifestName(Path.GetFileName(name)) || Path.GetFileName(name) == Path.GetFileName(path));

    private void Fail()
    {
        _failed = true;
        onEvent(true);
    }
}
