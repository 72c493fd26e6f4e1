using System.CommandLine;
using EdgeProxy.Compare.Workloads;

namespace EdgeProxy.Compare;

/// <summary>What a user can ask for.</summary>
internal sealed record CompareOptions
{
    /// <summary>Samples a candidate. 1–20, default 3.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Length of a sample in seconds. 1–60, default 3.</summary>
    public int Seconds { get; init; } = 3;

    /// <summary>Ids of workloads; empty for all.</summary>
    public IReadOnlyList<string> Workloads { get; init; } = [];

    /// <summary>Names of candidates; empty for all.</summary>
    public IReadOnlyList<string> Candidates { get; init; } = [];

    /// <summary>File for every sample as JSON, or null.</summary>
    public string? Json { get; init; }

    /// <summary>The program that is measured.</summary>
    public required string EdgeProxy { get; init; }

    /// <summary>Name what there is, measure nothing.</summary>
    public bool IsList { get; init; }

    /// <summary>One short round of everything.</summary>
    public bool IsQuick { get; init; }

    public Effort Effort => IsQuick ? new Effort(1, TimeSpan.FromSeconds(1), IsQuick: true) : new Effort(Rounds, TimeSpan.FromSeconds(Seconds), IsQuick: false);

    public bool Wants(Workload workload) => Workloads.Count == 0 || Workloads.Contains(workload.Id, StringComparer.OrdinalIgnoreCase);

    public bool WantsCandidate(string name) => Candidates.Count == 0 || Candidates.Contains(name, StringComparer.Ordinal);

    /// <summary>The command line, with what to do once it is read.</summary>
    public static RootCommand Command(Func<CompareOptions, Task<int>> run)
    {
        var rounds = Number("--rounds", "Samples a candidate, 1-20, after a warm-up that is not counted.", 3, 20);
        var seconds = Number("--seconds", "Length of a sample in seconds, 1-60.", 3, 60);
        var workloads = Names("--workloads", "Only these, by id and divided by commas: T2,U1.");
        var candidates = Names("--candidates", "Only these, by name and divided by commas. Ratios need their baseline among them.");
        var json = new Option<string?>("--json") { HelpName = "FILE", Description = "Also write every sample as JSON." };
        var edgeProxy = new Option<string>("--edgeproxy")
        {
            HelpName = "PATH",
            Description = "The program to measure. Default: the Release build of this tree.",
            DefaultValueFactory = _ => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../src/EdgeProxy/bin/Release/net10.0/edgeproxy")),
        };
        var list = new Option<bool>("--list") { Description = "Name workloads and candidates, and what is missing here." };
        var quick = new Option<bool>("--quick") { Description = "One short round with fewer objects: checks the harness, says nothing about speed." };
        var command = new RootCommand("Measures EdgeProxy beside its peers, in network namespaces of its own.")
        {
            rounds, seconds, workloads, candidates, json, edgeProxy, list, quick,
        };
        command.SetAction((parsed, _) => run(new CompareOptions
        {
            Rounds = parsed.GetValue(rounds),
            Seconds = parsed.GetValue(seconds),
            Workloads = parsed.GetValue(workloads)!,
            Candidates = parsed.GetValue(candidates)!,
            Json = parsed.GetValue(json),
            EdgeProxy = parsed.GetValue(edgeProxy)!,
            IsList = parsed.GetValue(list),
            IsQuick = parsed.GetValue(quick),
        }));
        return command;
    }

    private static Option<int> Number(string name, string description, int value, int highest)
    {
        var option = new Option<int>(name) { Description = $"{description} Default {value}.", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1 || result.GetValueOrDefault<int>() > highest)
            {
                result.AddError($"{name} must be 1-{highest}");
            }
        });
        return option;
    }

    private static Option<string[]> Names(string name, string description) => new(name)
    {
        HelpName = "NAMES",
        Description = description,
        DefaultValueFactory = _ => [],
        CustomParser = result => result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToArray(),
    };
}
