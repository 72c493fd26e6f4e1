using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>
/// What Services were given, so that they keep it: between two <see cref="EmbeddedControlPlane.Apply"/> calls, and through a file from
/// one run to the next. Not thread-safe; belongs to one control plane at a time.
/// </summary>
public sealed class AllocationMemory
{
    private readonly Dictionary<NamespacedName, Holdings> _services = [];
    private readonly string? _path;
    private bool _isDirty;

    /// <summary>An empty memory that ends with the process.</summary>
    public AllocationMemory()
    {
    }

    private AllocationMemory(string? path) => _path = path;

    /// <summary>What was wrong with the file when it was read; the first <see cref="EmbeddedControlPlane.Apply"/> reports and clears it.</summary>
    internal Problem? PendingProblem { get; set; }

    internal IReadOnlyDictionary<NamespacedName, Holdings> Services => _services;

    /// <summary>
    /// Reads a state file. A missing one is an empty memory; a damaged one is, too, and the next result has a Warning about it.
    /// Without a path the memory ends with the process.
    /// </summary>
    public static AllocationMemory Open(string? path) => Read(path, new AllocationMemory(path));

    /// <summary>As <see cref="Open"/>, but the file stays as it is: for those who only look at what another process gives.</summary>
    public static AllocationMemory Recall(string? path) => Read(path, new AllocationMemory());

    private static AllocationMemory Read(string? path, AllocationMemory memory)
    {
        memory.PendingProblem = path is null ? null : AllocationStateFile.Read(path, memory._services);
        return memory;
    }

    internal Holdings Of(NamespacedName service) => _services.GetValueOrDefault(service, Holdings.None);

    internal void Set(NamespacedName service, Holdings holdings)
    {
        if (Of(service).Equals(holdings))
        {
            return;
        }

        _isDirty = true;
        if (holdings.Equals(Holdings.None))
        {
            _services.Remove(service);
        }
        else
        {
            _services[service] = holdings;
        }
    }

    /// <summary>Writes what changed since the last success; a failure is the Warning returned, and the next call tries again.</summary>
    internal Problem? Save()
    {
        if (_path is null || !_isDirty)
        {
            return null;
        }

        var problem = AllocationStateFile.Write(_path, _services);
        _isDirty = problem is not null;
        return problem;
    }
}
