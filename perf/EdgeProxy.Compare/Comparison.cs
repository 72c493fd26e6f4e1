using System.Runtime.InteropServices;
using System.Text.Json;
using EdgeProxy.Compare.Backend;
using EdgeProxy.Compare.Candidates;
using EdgeProxy.Compare.Lab;
using EdgeProxy.Compare.Report;
using EdgeProxy.Compare.Workloads;

namespace EdgeProxy.Compare;

/// <summary>One run: what was asked for, measured, on standard output as Markdown; what goes on meanwhile on standard error.</summary>
internal static class Comparison
{
    private const int Success = 0;
    private const int Refused = 2;

    /// <summary>As a shell reports SIGINT.</summary>
    private const int Interrupted = 130;

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static async Task<int> RunAsync(CompareOptions options)
    {
        var all = CandidateTable.All(options.EdgeProxy, await CandidateTable.KnowsIoAsync(options.EdgeProxy));
        var mistakes = options.Workloads.Where(id => !WorkloadTable.All.Any(workload => string.Equals(workload.Id, id, StringComparison.OrdinalIgnoreCase)))
            .Concat(options.Candidates.Where(name => !all.Any(candidate => candidate.Name == name))).ToList();
        if (mistakes.Count > 0)
        {
            await Console.Error.WriteLineAsync($"compare: there is no {string.Join(", ", mistakes)}; --list names all");
            return Refused;
        }

        if (options.IsList)
        {
            List(all);
            return Success;
        }

        if (!Environment.IsPrivilegedProcess || !CandidateTable.IsInstalled("ip"))
        {
            await Console.Error.WriteLineAsync("compare: needs root with CAP_NET_ADMIN and CAP_SYS_ADMIN, and ip (iproute2), to make network namespaces");
            return Refused;
        }

        return await MeasureAsync(options, [.. all.Where(candidate => options.WantsCandidate(candidate.Name))]);
    }

    private static void List(IReadOnlyList<Candidate> candidates)
    {
        foreach (var workload in WorkloadTable.All)
        {
            Console.WriteLine($"{workload.Id,-18} {workload.Title}{Missing(workload.Tool)}");
        }

        Console.WriteLine();
        foreach (var candidate in candidates)
        {
            Console.WriteLine($"{candidate.Name,-18} {candidate.Description}{Missing(candidate.Tool)}");
        }
    }

    private static string Missing(string? tool) => CandidateTable.IsInstalled(tool) ? "" : $" (missing: {tool})";

    private static async Task<int> MeasureAsync(CompareOptions options, IReadOnlyList<Candidate> wanted)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        var machine = await MachineDescription.ReadAsync(options.EdgeProxy);
        Console.Write(MachineDescription.ToMarkdown(machine));
        Console.WriteLine($"- samples: {options.Effort.Rounds} of {options.Effort.Length.TotalSeconds} s{(options.IsQuick ? ", quick: not to be trusted" : "")}");
        Name("missing, not measured", wanted.Where(candidate => !CandidateTable.IsInstalled(candidate.Tool)).Select(candidate => candidate.Name));
        var results = new List<WorkloadResult>();
        var isComplete = true;
        try
        {
            await using var bed = await TestBed.CreateAsync();
            await using var backend = await BackendProcess.StartAsync(bed, stop.Token);
            IReadOnlyList<Candidate> candidates = [.. wanted.Where(candidate => CandidateTable.IsInstalled(candidate.Tool))];
            foreach (var workload in WorkloadTable.All.Where(options.Wants))
            {
                await RunAsync(workload, bed, candidates, options.Effort, results, stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            isComplete = false;
            Console.WriteLine("\nInterrupted: this is not everything.");
        }
        catch (InvalidOperationException error)
        {
            isComplete = false;
            await Console.Error.WriteLineAsync($"compare: {error.Message}");
        }

        if (options.Json is { } file)
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { machine, options.Effort, workloads = results }, s_json), CancellationToken.None);
        }

        return isComplete ? Success : stop.IsCancellationRequested ? Interrupted : Refused;
    }

    private static async Task RunAsync(
        Workload workload, TestBed bed, IReadOnlyList<Candidate> candidates, Effort effort, List<WorkloadResult> results, CancellationToken cancel)
    {
        if (!CandidateTable.IsInstalled(workload.Tool))
        {
            Console.WriteLine($"\n## {workload.Id}: not measured, {workload.Tool} is missing");
            return;
        }

        await Console.Error.WriteLineAsync($"{workload.Id}: {workload.Title}");
        var printed = results.Count;
        try
        {
            await workload.RunAsync(bed, candidates, effort, results, cancel);
        }
        finally
        {
            foreach (var result in results.Skip(printed))
            {
                Console.Write(MarkdownReport.Table(result));
            }
        }
    }

    private static void Name(string what, IEnumerable<string> names)
    {
        if (string.Join(", ", names) is { Length: > 0 } text)
        {
            Console.WriteLine($"\n{what}: {text}");
        }
    }
}
