using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;

namespace EdgeProxy.Commands;

/// <summary>What <c>check</c> found, as text and as JSON.</summary>
internal sealed record CheckReport(PipelineResult Result, bool CouldReadAll)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Everything wrong.</summary>
    public IReadOnlyList<Problem> Problems => Result.Problems;

    private ProxySnapshot Snapshot => Result.Snapshot;

    /// <summary>A line per problem, most compilers' way; then what becomes of each Ingress's annotations; then one line that counts.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        foreach (var problem in Problems)
        {
            text.Append(Painted(problem)).Append('\n');
        }

        foreach (var (ingress, uses) in Result.Annotations.OrderBy(entry => entry.Key))
        {
            var honoured = uses.Where(use => use is { Support: AnnotationSupport.Honoured, Note: null }).Select(use => ShortName(use.Name)).ToList();
            text.Append(CultureInfo.InvariantCulture, $"Ingress {ingress}: annotations honoured: {(honoured.Count == 0 ? "none" : string.Join(", ", honoured))}\n");
            foreach (var use in uses.Where(use => use is not { Support: AnnotationSupport.Honoured, Note: null }))
            {
                text.Append(CultureInfo.InvariantCulture, $"  {Word(use.Support)}: {ShortName(use.Name)}{(use.Note is null ? "" : $": {use.Note}")}\n");
            }
        }

        foreach (var pool in Result.PoolUsage.Where(pool => pool.Assigned > 0 || pool.Pool != AddressPool.DefaultName))
        {
            text.Append(CultureInfo.InvariantCulture, $"Pool {pool.Pool}: {pool.Assigned} of {pool.Addresses} addresses given\n");
        }

        foreach (var (service, addresses) in LoadBalancers())
        {
            text.Append(CultureInfo.InvariantCulture, $"  {addresses}: Service {service}\n");
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
            ["annotations"] = new JsonArray([.. Result.Annotations.OrderBy(entry => entry.Key).SelectMany(entry => entry.Value.Select(use => (JsonNode)new JsonObject
            {
                ["namespace"] = entry.Key.Namespace,
                ["name"] = entry.Key.Name,
                ["annotation"] = use.Name,
                ["support"] = Word(use.Support),
                ["note"] = use.Note,
            }))]),
            ["pools"] = new JsonArray([.. Result.PoolUsage.Select(pool => (JsonNode)new JsonObject
            {
                ["name"] = pool.Pool,
                ["addresses"] = pool.Addresses,
                ["assigned"] = pool.Assigned,
                ["free"] = pool.Free,
            })]),
            ["loadBalancers"] = new JsonArray([.. LoadBalancers().Select(entry => (JsonNode)new JsonObject
            {
                ["namespace"] = entry.Service.Namespace,
                ["name"] = entry.Service.Name,
                ["addresses"] = entry.Addresses,
            })]),
            ["served"] = new JsonObject { ["services"] = Snapshot.Services.Count, ["ingresses"] = Snapshot.Routes.Ingresses.Count },
            ["errors"] = Count(ProblemSeverity.Error),
            ["warnings"] = Count(ProblemSeverity.Warning),
            ["notes"] = Count(ProblemSeverity.Note),
            ["couldReadAll"] = CouldReadAll,
        };
        return report.ToJsonString(Indented) + "\n";
    }

    private static string Painted(Problem problem) => problem.Severity switch
    {
        ProblemSeverity.Error => Paint.Bad(problem.ToString()),
        ProblemSeverity.Warning => Paint.Warning(problem.ToString()),
        _ => problem.ToString(),
    };

    /// <summary>Services with load-balancer addresses.</summary>
    private IEnumerable<(NamespacedName Service, string Addresses)> LoadBalancers() =>
        from service in Result.Served.Services.Values
        where service.Spec.Type == "LoadBalancer"
        let addresses = string.Join(", ", (service.Status?.LoadBalancer?.Ingress ?? []).Select(entry => entry.Ip ?? entry.Hostname))
        where addresses.Length > 0
        orderby service.Name
        select (service.Name, addresses);

    private static string Word(AnnotationSupport support) => support switch
    {
        AnnotationSupport.Honoured => "honoured",
        AnnotationSupport.Differs => "differs",
        AnnotationSupport.NoEffect => "no effect",
        _ => "not supported",
    };

    private static string ShortName(string name) => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];

    private int Count(ProblemSeverity severity) => Problems.Count(problem => problem.Severity == severity);
}
