using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.ControlPlane;

/// <summary>
/// One folder of <c>tests/cases</c>. <c>input.json</c>: <c>why</c>, <c>options</c>, and <c>objects</c> or several sets of them as
/// <c>steps</c>, applied one after the other. <c>expected.json</c>: the last step's <c>problems</c>, names <c>served</c>, and
/// <c>services</c> with what they were given.
/// </summary>
internal static class ControlPlaneCase
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static IEnumerable<string> List(string area) => Directory.GetDirectories(TestCases.PathOf(area)).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal);

    public static void Check(string area, string name)
    {
        var folder = Path.Combine(TestCases.PathOf(area), name);
        var input = Read<Input>(Path.Combine(folder, "input.json"));
        var expected = Read<Expected>(Path.Combine(folder, "expected.json"));
        Assert.False(string.IsNullOrWhiteSpace(input.Why), "a case says why it exists");
        var controlPlane = new EmbeddedControlPlane(OptionsOf(input.Options));
        var result = new ControlPlaneResult(ObjectSet.Empty, [], AddressPools.None, []);

        foreach (var step in input.Steps ?? [input.Objects!])
        {
            result = controlPlane.Apply(ObjectJson.ReadAll(step));
        }

        var actual = new Expected
        {
            Problems = [.. result.Problems.Select(ToExpected)],
            Served = [.. ObjectJson.NamesOf(result.Served)],
            Services = expected.Services is null ? null : Allocations(result.Served),
        };
        Assert.Equal(Text(expected), Text(actual));
    }

    private static string Text(Expected expected) => JsonSerializer.Serialize(expected, Options);

    private static T Read<T>(string path) => JsonSerializer.Deserialize<T>(File.ReadAllText(path), Options)!;

    private static ControlPlaneOptions OptionsOf(CaseOptions? options)
    {
        var defaults = new ControlPlaneOptions();
        return new ControlPlaneOptions
        {
            ServiceCidrs = options?.ServiceCidrs is { } cidrs ? AddressRange.ParseList(cidrs) : defaults.ServiceCidrs,
            NodePorts = options?.NodePorts is { } ports ? NodePortRange.Parse(ports) : defaults.NodePorts,
            LoadBalancer = options?.LoadBalancerPool is { } pool ? defaults.LoadBalancer with { Ranges = AddressRange.ParseList(pool) } : defaults.LoadBalancer,
        };
    }

    private static ExpectedProblem ToExpected(Problem problem) => new()
    {
        Severity = problem.Severity.ToString(),
        Kind = problem.Kind,
        Object = problem.Object?.ToString(),
        Field = problem.Field,
        Message = problem.Message,
    };

    private static SortedDictionary<string, Allocation> Allocations(ObjectSet served) => new(
        served.Services.ToDictionary(pair => pair.Key.ToString(), pair => new Allocation
        {
            ClusterIPs = pair.Value.Spec.ClusterIPs,
            IpFamilyPolicy = pair.Value.Spec.IpFamilyPolicy,
            NodePorts = pair.Value.Spec.Ports is { } ports && ports.Exists(port => port.NodePort is not null) ? ports.ConvertAll(port => port.NodePort) : null,
            HealthCheckNodePort = pair.Value.Spec.HealthCheckNodePort,
            LoadBalancer = pair.Value.Status?.LoadBalancer?.Ingress?.ConvertAll(entry => entry.Ip ?? entry.Hostname ?? ""),
        }),
        StringComparer.Ordinal);

    private sealed class Input
    {
        public string? Why { get; set; }

        public CaseOptions? Options { get; set; }

        public List<JsonElement>? Objects { get; set; }

        public List<List<JsonElement>>? Steps { get; set; }
    }

    private sealed class CaseOptions
    {
        public string? ServiceCidrs { get; set; }

        public string? NodePorts { get; set; }

        public string? LoadBalancerPool { get; set; }
    }

    private sealed class Expected
    {
        public List<ExpectedProblem> Problems { get; set; } = [];

        public List<string> Served { get; set; } = [];

        public SortedDictionary<string, Allocation>? Services { get; set; }
    }

    private sealed class ExpectedProblem
    {
        public string? Severity { get; set; }

        public string? Kind { get; set; }

        public string? Object { get; set; }

        public string? Field { get; set; }

        public string? Message { get; set; }
    }

    private sealed class Allocation
    {
        public List<string>? ClusterIPs { get; set; }

        public string? IpFamilyPolicy { get; set; }

        public List<int?>? NodePorts { get; set; }

        public int? HealthCheckNodePort { get; set; }

        public List<string>? LoadBalancer { get; set; }
    }
}
