namespace EdgeProxy.Transport.Tests.Support;

/// <summary>For tests that count or exhaust the descriptors of the whole process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
#pragma warning disable CA1711 // xunit's own word for it.
public sealed class OneAtATimeCollection
#pragma warning restore CA1711
{
    public const string Name = "One at a time";

    /// <summary>Sockets and eventfds of this process. Not files: the runtime opens assemblies and symbols when it likes.</summary>
    internal static int OpenDescriptors => CountOpen("socket:") + CountOpen("anon_inode:[eventfd");

    /// <summary>Ends of pipes. The runtime has a few of its own, all from its start.</summary>
    internal static int OpenPipeEnds => CountOpen("pipe:");

    private static int CountOpen(string kind) => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Count(path => new FileInfo(path).LinkTarget is { } target && target.StartsWith(kind, StringComparison.Ordinal));
}
