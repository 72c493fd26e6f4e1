using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>
/// The pools of the options and of the ConfigMap, as of the last set of objects. A list that cannot be read leaves the last one that could.
/// Used by one thread at a time.
/// </summary>
internal sealed class PoolConfiguration(LoadBalancerOptions options)
{
    private readonly ReadPool? _ofOptions = options.Ranges.Count == 0
        ? null
        : new ReadPool(new AddressPool { Name = AddressPool.DefaultName, Ranges = [.. options.Ranges], AvoidBuggyIPs = true }, null, "");

    private (ConfigMap? Map, object? Nodes)? _seen;
    private List<ReadPool> _lastRead = [];

    /// <summary>The pools.</summary>
    public AddressPools Pools { get; private set; } = AddressPools.None;

    /// <summary>What is wrong with them.</summary>
    public IReadOnlyList<Problem> Problems { get; private set; } = [];

    /// <summary>Reads the pools again where what they are made of changed.</summary>
    public AddressPools Follow(ObjectSet objects)
    {
        var map = options.Config is { } name ? objects.ConfigMaps.GetValueOrDefault(name) : null;
        if (_seen is { } seen && ReferenceEquals(seen.Map, map) && ReferenceEquals(seen.Nodes, objects.Nodes))
        {
            return Pools;
        }

        _seen = (map, objects.Nodes);
        var problems = new ProblemSink();
        var read = ReadMap(map, problems, out var isComplete);
        var candidates = (_ofOptions is null ? read : read.Prepend(_ofOptions)).ToList();
        var nodes = objects.Nodes.Values.SelectMany(node => NodeAddresses.Of(node)).Concat(options.NodeAddresses).Distinct().ToList();
        var sound = new List<ReadPool>();
        foreach (var candidate in candidates)
        {
            if (Collisions(candidate, sound, nodes, problems))
            {
                isComplete = false;
            }
            else
            {
                sound.Add(candidate);
            }
        }

        Problems = problems.Problems;
        Pools = new AddressPools(
            [.. sound.Select(entry => entry.Pool).OrderBy(pool => pool.Priority == 0).ThenBy(pool => pool.Priority).ThenBy(pool => pool.Name, StringComparer.Ordinal)],
            isComplete);
        return Pools;
    }

    private List<ReadPool> ReadMap(ConfigMap? map, ProblemSink problems, out bool isComplete)
    {
        isComplete = options.Config is null;
        if (map is null)
        {
            if (options.Config is { } missing)
            {
                problems.Add(new Problem(ProblemSeverity.Error, "ConfigMap", missing, null, "the ConfigMap of --load-balancer-config does not exist", null));
            }

            return _lastRead;
        }

        if (PoolReader.Read(map, problems, out isComplete) is not { } pools)
        {
            problems.Note(map, null, _lastRead.Count == 0 ? "addresses that Services have stay theirs" : "the pools that were read last stay in use");
            return _lastRead;
        }

        return _lastRead = pools;
    }

    /// <summary>Two owners of one address: neither would be heard of again. Reports, and returns whether there are any.</summary>
    private bool Collisions(ReadPool candidate, List<ReadPool> before, List<IpAddr> nodes, ProblemSink problems)
    {
        var count = problems.Problems.Count;
        if (before.Exists(other => other.Pool.Name == candidate.Pool.Name))
        {
            Report(problems, candidate, "name", $"Invalid value: \"{candidate.Pool.Name}\": another pool has this name; this one is left out");
        }

        for (var index = 0; index < candidate.Pool.Ranges.Length; index++)
        {
            var range = candidate.Pool.Ranges[index];
            foreach (var why in Overlaps(range, before, nodes))
            {
                Report(problems, candidate, $"addresses[{index}]", $"Invalid value: \"{range}\": {why}; the pool is left out");
            }
        }

        return problems.Problems.Count > count;
    }

    private IEnumerable<string> Overlaps(AddressRange range, List<ReadPool> before, List<IpAddr> nodes)
    {
        foreach (var cidr in options.ServiceCidrs.Where(range.Overlaps))
        {
            yield return $"overlaps the cluster IPs {cidr}";
        }

        foreach (var node in nodes.Where(range.Contains))
        {
            yield return $"contains {node}, the address of a node";
        }

        foreach (var other in before)
        {
            foreach (var taken in other.Pool.Ranges.Where(range.Overlaps))
            {
                yield return $"overlaps {taken} of pool \"{other.Pool.Name}\"";
            }
        }
    }

    private static void Report(ProblemSink problems, ReadPool pool, string field, string message)
    {
        if (pool.Map is { } map)
        {
            problems.Error(map, $"{pool.Field}.{field}", message);
        }
        else
        {
            problems.Add(new Problem(ProblemSeverity.Error, null, null, null, $"--load-balancer-pool: {message}", null));
        }
    }
}
