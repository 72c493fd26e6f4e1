using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using EdgeProxy.Kubernetes.Manifests.Objects;
using EdgeProxy.Kubernetes.Manifests.Syntax;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Validation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>A pool as it was read, and where it stands.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Map">The ConfigMap it is from; null for that of <c>--load-balancer-pool</c>.</param>
/// <param name="Field">Its place in the ConfigMap, <c>data[pools][0]</c>.</param>
internal sealed record ReadPool(AddressPool Pool, ConfigMap? Map, string Field);

/// <summary>
/// The ConfigMap of pools: under the key <c>pools</c> a YAML list, each item the spec of a MetalLB IPAddressPool with a name. A pool that is
/// wrong costs only itself.
/// </summary>
internal static class PoolReader
{
    private const string Key = "pools";
    private const int MaxInterfaceName = 15;

    /// <summary>The sound pools; null when the list itself cannot be read.</summary>
    public static List<ReadPool>? Read(ConfigMap map, ProblemSink problems, out bool isComplete)
    {
        isComplete = false;
        if (map.Data?.GetValueOrDefault(Key) is not { } text)
        {
            problems.Error(map, "data", $"Required value: the key \"{Key}\" with a list of pools");
            return null;
        }

        var parsed = YamlTree.Parse(new DocumentText(text, 0));
        if (parsed.Error is { } error)
        {
            problems.Error(map, $"data[{Key}]", $"line {error.Position.Line} of the value: {error.Message}");
            return null;
        }

        if (parsed.Roots is not ([] or [SequenceNode]))
        {
            problems.Error(map, $"data[{Key}]", "must be a list of pools, each with a name and addresses");
            return null;
        }

        var items = parsed.Roots is [SequenceNode list] ? list.Items : [];
        var pools = new List<ReadPool>();
        for (var index = 0; index < items.Count; index++)
        {
            var field = $"data[{Key}][{index}]";
            if (Read(map, items[index], field, problems) is { } pool)
            {
                pools.Add(new ReadPool(pool, map, field));
            }
        }

        isComplete = pools.Count == items.Count;
        return pools;
    }

    private static AddressPool? Read(ConfigMap map, ManifestNode node, string field, ProblemSink problems)
    {
        if (node is not MappingNode mapping)
        {
            problems.Error(map, field, "must be an object with name and addresses");
            return null;
        }

        // The same reader as for manifests: unknown and misspelt fields are told apart, wrong types are named. Its lines are those of the value.
        var read = new ProblemSink();
        var json = new ArrayBufferWriter<byte>();
        var report = new ObjectReport("", map.Kind, map.Name, read);
        var isRead = new ObjectJsonWriter(report, new ScalarWording(isSecret: false), json).TryWrite(mapping, Shape.Of(typeof(AddressPoolSpec)));
        foreach (var problem in read.Problems)
        {
            problems.Add(problem.Severity, map, $"{field}.{problem.Field}", problem.Message);
        }

        if (!isRead)
        {
            return null;
        }

        var before = problems.Problems.Count;
        var pool = new Validation(map, field, problems).Translate(JsonSerializer.Deserialize(json.WrittenSpan, ResourceJson.Default.AddressPoolSpec)!);
        return problems.Problems.Count == before ? pool : null;
    }

    /// <summary>Checks one pool and translates it; what is wrong is reported as an error.</summary>
    private sealed class Validation(ConfigMap map, string field, ProblemSink problems)
    {
        public AddressPool Translate(AddressPoolSpec spec)
        {
            if (string.IsNullOrEmpty(spec.Name))
            {
                Error("name", "Required value");
            }

            var allocation = spec.ServiceAllocation ?? new ServiceAllocationSpec();
            if (allocation.Priority < 0)
            {
                Error("serviceAllocation.priority", $"Invalid value: {allocation.Priority}: must not be negative");
            }

            return new AddressPool
            {
                Name = spec.Name ?? "",
                Ranges = Ranges(spec.Addresses ?? []),
                AutoAssign = spec.AutoAssign ?? true,
                AvoidBuggyIPs = spec.AvoidBuggyIPs ?? false,
                Priority = allocation.Priority ?? 0,
                Namespaces = [.. allocation.Namespaces ?? []],
                NamespaceSelectors = Selectors(allocation.NamespaceSelectors, "serviceAllocation.namespaceSelectors"),
                ServiceSelectors = Selectors(allocation.ServiceSelectors, "serviceAllocation.serviceSelectors"),
                Announcement = Announcement(spec.Announcement ?? new AnnouncementSpec()),
            };
        }

        private ImmutableArray<AddressRange> Ranges(List<string> texts)
        {
            if (texts.Count == 0)
            {
                Error("addresses", "Required value: a CIDR or a range, such as 192.0.2.10-192.0.2.20");
            }

            var ranges = ImmutableArray.CreateBuilder<AddressRange>();
            for (var index = 0; index < texts.Count; index++)
            {
                var place = $"addresses[{index}]";
                if (!AddressRange.TryParse(texts[index], out var range, out var mistake))
                {
                    Error(place, $"Invalid value: {mistake}");
                    continue;
                }

                foreach (var special in new[] { range.First, range.Last }.SelectMany(end => AddressRules.Special(new IpAddr(end, range.IsIPv6).ToIPAddress())).Distinct())
                {
                    Error(place, $"Invalid value: \"{range}\": {special}");
                }

                if (ranges.FirstOrDefault(range.Overlaps) is { } other)
                {
                    Error(place, $"Invalid value: \"{range}\": overlaps {other} of the same pool");
                }

                ranges.Add(range);
            }

            return ranges.ToImmutable();
        }

        private PoolAnnouncement Announcement(AnnouncementSpec spec)
        {
            var interfaces = spec.Interfaces ?? [];
            for (var index = 0; index < interfaces.Count; index++)
            {
                if (interfaces[index].Length is 0 or > MaxInterfaceName || interfaces[index].AsSpan().ContainsAny('/', ' '))
                {
                    Error($"announcement.interfaces[{index}]", $"Invalid value: \"{interfaces[index]}\": must be the name of an interface");
                }
            }

            return new PoolAnnouncement
            {
                Enabled = spec.Enabled ?? true,
                Interfaces = [.. interfaces],
                NodeSelectors = Selectors(spec.NodeSelectors, "announcement.nodeSelectors"),
                PreferredNodes = [.. (spec.PreferredNodes ?? []).Select(Preferred)],
            };
        }

        private PreferredNode Preferred(PreferredNodeSpec spec, int index)
        {
            var place = $"announcement.preferredNodes[{index}]";
            if (spec.Weight is not (>= 1 and <= 100))
            {
                Error($"{place}.weight", spec.Weight is { } weight ? $"Invalid value: {weight}: must be from 1 to 100" : "Required value");
            }

            return new PreferredNode(Selector(spec.NodeSelector ?? new LabelSelectorSpec(), $"{place}.nodeSelector"), spec.Weight ?? 0);
        }

        private ImmutableArray<LabelSelector> Selectors(List<LabelSelectorSpec>? specs, string place) =>
            [.. (specs ?? []).Select((spec, index) => Selector(spec, $"{place}[{index}]"))];

        private LabelSelector Selector(LabelSelectorSpec spec, string place) => new(
        [
            .. (spec.MatchLabels ?? []).OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => new LabelRequirement(label.Key, LabelOperator.In, [label.Value])),
            .. (spec.MatchExpressions ?? []).Select((requirement, index) => Requirement(requirement, $"{place}.matchExpressions[{index}]")),
        ]);

        private LabelRequirement Requirement(LabelRequirementSpec spec, string place)
        {
            if (string.IsNullOrEmpty(spec.Key))
            {
                Error($"{place}.key", "Required value");
            }

            var isKnown = Enum.TryParse<LabelOperator>(spec.Operator, out var comparison) && Enum.GetName(comparison) == spec.Operator;
            var needsValues = comparison is LabelOperator.In or LabelOperator.NotIn;
            if (!isKnown)
            {
                Error($"{place}.operator", $"Invalid value: \"{spec.Operator}\": must be In, NotIn, Exists or DoesNotExist");
            }
            else if (needsValues != spec.Values is { Count: > 0 })
            {
                Error($"{place}.values", needsValues ? "Required value" : $"must be left out with {spec.Operator}");
            }

            return new LabelRequirement(spec.Key ?? "", comparison, [.. spec.Values ?? []]);
        }

        private void Error(string place, string message) => problems.Error(map, $"{field}.{place}", message);
    }
}
