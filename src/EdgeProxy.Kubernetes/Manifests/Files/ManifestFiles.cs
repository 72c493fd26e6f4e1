namespace EdgeProxy.Kubernetes.Manifests.Files;

/// <summary>A manifest file: the path it was found under, and its state at that moment.</summary>
internal readonly record struct ListedFile(string Path, FileFingerprint Fingerprint);

/// <summary>A path that could not be looked into; nothing can be said about the files under it.</summary>
internal readonly record struct UnlistedPath(string Path, string Reason);

/// <summary>Finds the manifest files under the paths a user gave.</summary>
internal sealed class ManifestFiles
{
    private readonly List<ListedFile> _files = [];
    private readonly List<UnlistedPath> _unlisted = [];

    // Real paths seen so far: a file reached twice is one file, and a link back to a folder above is not followed for ever.
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    private ManifestFiles()
    {
    }

    /// <summary>The files: in the order of the given paths, within a folder by name.</summary>
    public IReadOnlyList<ListedFile> Files => _files;

    /// <summary>Given paths that are not there, and folders that may not be read.</summary>
    public IReadOnlyList<UnlistedPath> Unlisted => _unlisted;

    /// <summary>Lists now.</summary>
    public static ManifestFiles List(IEnumerable<string> paths)
    {
        var files = new ManifestFiles();
        foreach (var path in paths)
        {
            files.AddGiven(path);
        }

        return files;
    }

    /// <summary>True when the file's name is one of a manifest that is to be read.</summary>
    public static bool IsManifestName(string? name) =>
        name is not null && !name.StartsWith('.') && Path.GetExtension(name).ToUpperInvariant() is ".YAML" or ".YML" or ".JSON";

    /// <summary>True when both listings found the same files in the same state.</summary>
    public bool SameAs(ManifestFiles other) => _files.SequenceEqual(other._files) && _unlisted.SequenceEqual(other._unlisted);

    private void AddGiven(string path)
    {
        var trimmed = path.Length > 1 ? Path.TrimEndingDirectorySeparator(path) : path;
        var real = RealPath.Resolve(trimmed);
        if (real is not null && Directory.Exists(real))
        {
            AddFolder(trimmed, real);
        }
        else if (real is not null && File.Exists(real))
        {
            AddFile(trimmed, real);
        }
        else
        {
            _unlisted.Add(new UnlistedPath(trimmed, "no such file or folder"));
        }
    }

    private void AddFolder(string path, string real)
    {
        if (!_seen.Add(real))
        {
            return;
        }

        try
        {
            foreach (var entry in new DirectoryInfo(real).GetFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
            {
                AddEntry(Path.Join(path, entry.Name), entry);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _unlisted.Add(new UnlistedPath(path, exception is UnauthorizedAccessException ? "permission denied" : "cannot be listed"));
        }
    }

    // A mounted ConfigMap keeps its files under hidden names (..data); what is visible are links to them.
    private void AddEntry(string path, FileSystemInfo entry)
    {
        if (entry.Name.StartsWith('.'))
        {
            return;
        }

        var real = entry.LinkTarget is null ? entry.FullName : RealPath.Resolve(entry.FullName);
        if (real is not null && Directory.Exists(real))
        {
            AddFolder(path, real);
        }
        else if (IsManifestName(entry.Name))
        {
            AddFile(path, real ?? entry.FullName);
        }
    }

    private void AddFile(string path, string real)
    {
        if (_seen.Add(real))
        {
            _files.Add(new ListedFile(path, FileFingerprint.Take(real)));
        }
    }
}
