namespace EdgeProxy.Kubernetes.State;

/// <summary>
/// A file that appears under its name whole or not at all: written aside, then renamed over the old one by <see cref="Commit"/>. Without that
/// nothing is left behind. Owns its stream.
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private readonly string _path;
    private readonly string _aside;
    private bool _isCommitted;

    private AtomicFile(string path)
    {
        _path = path;
        _aside = path + ".tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        Stream = new FileStream(_aside, options);
    }

    /// <summary>Where the content goes.</summary>
    public FileStream Stream { get; }

    /// <summary>Begins; makes the folder if it is not there. Both are for this user alone.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public static AtomicFile Create(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return new AtomicFile(path);
    }

    /// <summary>Puts what was written in the place of the old file.</summary>
    public void Commit()
    {
        // On the disk before the rename is: otherwise a power cut may leave an empty file under the good name.
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_aside, _path, overwrite: true);
        _isCommitted = true;
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_isCommitted)
        {
            File.Delete(_aside);
        }
    }
}
