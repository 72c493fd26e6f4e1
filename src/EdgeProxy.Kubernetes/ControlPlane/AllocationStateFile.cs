using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.State;
using EdgeProxy.Kubernetes.Validation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>The state file: small, versioned, readable, sorted so that a diff of two shows what moved. Losing it loses only stability.</summary>
internal static class AllocationStateFile
{
    private const int Version = 1;

    /// <summary>Fills <paramref name="services"/> from the file; the Warning returned says why it could not.</summary>
    public static Problem? Read(string path, Dictionary<NamespacedName, Holdings> services)
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            var document = JsonSerializer.Deserialize(File.ReadAllBytes(path), ControlPlaneJson.Default.AllocationStateDocument);
            if (document?.Version != Version)
            {
                return Warning(path, $"allocations of earlier runs are not known: the file has version {document?.Version ?? 0}, expected {Version}");
            }

            foreach (var (text, entry) in document.Services ?? [])
            {
                if (entry is not null && NamespacedName.TryParse(text, out var name))
                {
                    services[name] = ToHoldings(entry);
                }
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            services.Clear();
            return Warning(path, $"allocations of earlier runs are not known: {exception.Message}");
        }
    }

    /// <summary>Writes a new file beside the old one and renames it: a crash leaves the old or the new state, never half of one.</summary>
    public static Problem? Write(string path, IReadOnlyDictionary<NamespacedName, Holdings> services)
    {
        var document = new AllocationStateDocument
        {
            Version = Version,
            Services = services.OrderBy(pair => pair.Key).ToDictionary(pair => pair.Key.ToString(), pair => (AllocationStateEntry?)ToEntry(pair.Value)),
        };
        try
        {
            using var file = AtomicFile.Create(path);
            JsonSerializer.Serialize(file.Stream, document, ControlPlaneJson.Default.AllocationStateDocument);
            file.Commit();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Warning(path, $"allocations will be forgotten at the next start: {exception.Message}");
        }
    }

    private static Problem Warning(string path, string message) =>
        new(ProblemSeverity.Warning, null, null, null, message, new SourceLocation(path, 0, 0));

    private static AllocationStateEntry ToEntry(Holdings holdings) => new()
    {
        ClusterIPs = [.. holdings.ClusterIPs.Select(address => address.ToString())],
        NodePorts = [.. holdings.NodePorts],
        HealthCheckNodePort = holdings.HealthCheckNodePort,
        LoadBalancerIPs = [.. holdings.LoadBalancerIPs.Select(address => address.ToString())],
    };

    private static Holdings ToHoldings(AllocationStateEntry entry) => new()
    {
        ClusterIPs = Addresses(entry.ClusterIPs),
        NodePorts = [.. (entry.NodePorts ?? []).Where(held => held is { Name: not null, Protocol: not null })!],
        HealthCheckNodePort = entry.HealthCheckNodePort,
        LoadBalancerIPs = Addresses(entry.LoadBalancerIPs),
    };

    // An address that cannot be read is forgotten by itself; the rest of the file is still worth having.
    private static ImmutableArray<IPAddress> Addresses(List<string>? texts) =>
        [.. (texts ?? []).Select(text => AddressRules.TryParseAddress(text, out var address) ? address : null).OfType<IPAddress>()];
}
