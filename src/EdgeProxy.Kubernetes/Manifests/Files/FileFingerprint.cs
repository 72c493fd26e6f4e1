namespace EdgeProxy.Kubernetes.Manifests.Files;

/// <summary>
/// What tells cheaply that a file changed. A swapped <c>..data</c> link shows as another target, a rename over a file as another birth time.
/// </summary>
/// <param name="Target">The file's real path, all links followed.</param>
/// <param name="Length">Bytes; -1 when the file could not be asked.</param>
/// <param name="Modified">Last write, in 100 ns.</param>
/// <param name="Created">Birth time where the file system keeps one, in 100 ns.</param>
internal readonly record struct FileFingerprint(string Target, long Length, long Modified, long Created)
{
    /// <summary>Asks the file system. Never throws for files that went away or may not be looked at.</summary>
    public static FileFingerprint Take(string target)
    {
        try
        {
            var file = new FileInfo(target);
            return new FileFingerprint(target, file.Length, file.LastWriteTimeUtc.Ticks, file.CreationTimeUtc.Ticks);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new FileFingerprint(target, -1, 0, 0);
        }
    }
}
