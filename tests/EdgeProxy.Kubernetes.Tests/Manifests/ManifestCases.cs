using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Manifests;

/// <summary>Runs every folder of tests/cases/manifests: what input.yaml or input.json gives must be what expected.json says.</summary>
public sealed class ManifestCases
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static TheoryData<string> Names => [.. Directory.EnumerateDirectories(CasesFolder()).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Case_reads_as_expected(string name)
    {
        var folder = Path.Join(CasesFolder(), name);
        var expectedPath = Path.Join(folder, "expected.json");
        var expected = JsonSerializer.Deserialize<Expectation>(File.ReadAllText(expectedPath), Options)!;
        var input = Directory.EnumerateFiles(folder, "input.*").Single();

        var content = ManifestReader.Read(File.ReadAllText(input), Path.GetFileName(input));

        var actual = expected with { Objects = [.. content.Items.Select(Show)], Problems = [.. content.Problems.Select(Show)] };
        // Run with EDGEPROXY_ACCEPT_CASES=1 to take today's answers over, then review them as a diff.
        if (Environment.GetEnvironmentVariable("EDGEPROXY_ACCEPT_CASES") == "1")
        {
            File.WriteAllText(expectedPath, JsonSerializer.Serialize(actual, Options) + "\n");
        }

        Assert.False(string.IsNullOrWhiteSpace(expected.Why), "a case says why it exists");
        Assert.Equal(JsonSerializer.Serialize(expected, Options), JsonSerializer.Serialize(actual, Options));
    }

    private static string CasesFolder() => TestCases.PathOf("manifests");

    private static string Show(ReadObject item) => $"{item.Object.ApiVersion} {item.Key}{Details(item.Object)}";

    // What a case is about beyond identity: a few fields that show how values were read.
    private static string Details(KubernetesObject subject) => subject switch
    {
        Service { Spec.Ports: { } ports } => $" ports={string.Join(',', ports.Select(port => $"{port.Port}>{port.TargetPort}"))}",
        Ingress { Spec: var spec } => $" {string.Join(',', (spec.Rules ?? []).SelectMany(rule => rule.Http?.Paths ?? []).Select(Show).Append(Show(spec.DefaultBackend)))}",
        EndpointSlice { Endpoints: { } endpoints } => $" endpoints={string.Join(',', endpoints.Select(end => $"{end.Addresses?[0]}@{end.NodeName}/{end.Zone}"))}",
        Secret { Data: { } data } => $" data={string.Join(',', data.Select(pair => $"{pair.Key}:{pair.Value.Length}B"))}",
        ConfigMap { Data: { } data } => $" data={string.Join(',', data.Select(pair => $"{pair.Key}={pair.Value}"))}",
        Workload { Spec.Replicas: { } replicas } => $" replicas={replicas}",
        _ => "",
    };

    private static string Show(HttpIngressPath path) => $"{path.Path}[{path.PathType}]{Show(path.Backend)}";

    private static string Show(IngressBackend? backend) =>
        backend is null ? "-" : $"->{backend.Service?.Name ?? backend.Resource?.Kind}:{backend.Service?.Port?.Name}{backend.Service?.Port?.Number}";

    private static ExpectedProblem Show(Problem problem) => new(
        problem.Severity.ToString(), problem.Location!.Value.Line, problem.Location.Value.Column, problem.Kind, problem.Object?.ToString(), problem.Field, problem.Message);

    internal sealed record Expectation(string Why, IReadOnlyList<string> Objects, IReadOnlyList<ExpectedProblem> Problems);

    internal sealed record ExpectedProblem(string Severity, int Line, int Column, string? Kind, string? Object, string? Field, string Message);
}
