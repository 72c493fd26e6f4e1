using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;

namespace EdgeProxy.Commands;

/// <summary>What <c>check</c> found, as text and as JSON.</summary>
internal sealed record CheckReport(IReadOnlyList<Problem> Problems, ProxySnapshot Snapshot, bool CouldReadAll)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>A line per problem, most compilers' way, and one that counts.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        foreach (var problem in Problems)
        {
            text.Append(problem).Append('\n');
        }

        return text.Append(CultureInfo.InvariantCulture, $"{Snapshot.Services.Count} Services and {Snapshot.Routes.Ingresses.Count} Ingresses are served; ")
            .Append(CultureInfo.InvariantCulture, $"{Count(ProblemSeverity.Error)} errors, {Count(ProblemSeverity.Warning)} warnings, {Count(ProblemSeverity.Note)} notes.\n")
            .ToString();
    }

    /// <summary>The same for programs: <c>problems</c>, <c>served</c> and counts.</summary>
    public string ToJson()
    {
        var problems = Problems.Select(problem => (JsonNode)new JsonObject
        {
            ["severity"] = problem.Severity.ToString().ToLowerInvariant(),
            ["file"] = problem.Location?.File,
            ["line"] = problem.Location?.Line,
            ["column"] = problem.Location?.Column,
            ["kind"] = problem.Kind,
            ["namespace"] = problem.Object?.Namespace,
            ["name"] = problem.Object?.Name,
            ["field"] = problem.Field,
            ["message"] = problem.Message,
        });
        var report = new JsonObject
        {
            ["problems"] = new JsonArray([.. problems]),
            ["served"] = new JsonObject { ["services"] = Snapshot.Services.Count, ["ingresses"] = Snapshot.Routes.Ingresses.Count },
            ["errors"] = Count(ProblemSeverity.Error),
            ["warnings"] = Count(ProblemSeverity.Warning),
            ["notes"] = Count(ProblemSeverity.Note),
            ["couldReadAll"] = CouldReadAll,
        };
        return report.ToJsonString(Indented) + "\n";
    }

    private int Count(ProblemSeverity severity) => Problems.Count(problem => problem.Severity == severity);
}
