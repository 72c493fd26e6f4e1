namespace EdgeProxy.Transport.Tests.Support;

/// <summary>For tests that count or exhaust the descriptors of the whole process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
#pragma warning disable CA1711 // xunit's own word for it.
public sealed class OneAtATimeCollection
#pragma warning restore CA1711
{
    public const string Name = "One at a time";

    internal static int OpenDescriptors => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
}
