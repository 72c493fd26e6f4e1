using System.Text.Json;
using EdgeProxy.Kubernetes.Discovery;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Conformance;

/// <summary>tests/cases/dns, envCases: the complete set of variables a container sees.</summary>
public sealed class EnvironmentCases
{
    private static readonly JsonElement Table = TestCases.ReadJson("dns/cases.json").GetProperty("envCases");

    private static readonly JsonSerializerOptions CamelCase = new(JsonSerializerDefaults.Web) { PropertyNameCaseInsensitive = false };

    public static TheoryData<string> Names => [.. Table.EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Case(string name)
    {
        var entry = Table.EnumerateArray().Single(candidate => candidate.GetProperty("name").GetString() == name);

        var variables = ServiceEnvironment.Of(
            entry.GetProperty("services").Deserialize<List<Service>>(CamelCase)!,
            entry.GetProperty("podNamespace").GetString()!,
            entry.GetProperty("enableServiceLinks").GetBoolean());

        Assert.Equal(
            entry.GetProperty("expect").Deserialize<Dictionary<string, string>>()!.OrderBy(variable => variable.Key, StringComparer.Ordinal),
            variables.OrderBy(variable => variable.Key, StringComparer.Ordinal));
    }
}
