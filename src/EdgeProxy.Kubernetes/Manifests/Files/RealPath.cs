namespace EdgeProxy.Kubernetes.Manifests.Files;

/// <summary>realpath(3): the path with every symbolic link on the way followed, which .NET does for the last part only.</summary>
internal static class RealPath
{
    // Linux gives up at the same number (path_resolution(7)).
    private const int MostLinks = 40;

    /// <summary>The path without links; null when links lead in a circle. Parts that do not exist stay as they are.</summary>
    public static string? Resolve(string path)
    {
        var full = Path.GetFullPath(path);
        var resolved = Path.GetPathRoot(full)!;
        var rest = new Stack<string>();
        Push(rest, full[resolved.Length..]);
        var links = 0;
        while (rest.TryPop(out var part))
        {
            if (part is ".." or ".")
            {
                resolved = part == "." ? resolved : Path.GetDirectoryName(resolved) ?? resolved;
                continue;
            }

            var next = Path.Join(resolved, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                resolved = next;
                continue;
            }

            if (++links > MostLinks)
            {
                return null;
            }

            if (Path.IsPathRooted(target))
            {
                resolved = Path.GetPathRoot(target)!;
                target = target[resolved.Length..];
            }

            Push(rest, target);
        }

        return resolved;
    }

    private static void Push(Stack<string> rest, string path)
    {
        foreach (var part in path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            rest.Push(part);
        }
    }
}
