using System.CommandLine;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Problems;

namespace EdgeProxy.Commands;

/// <summary>
/// <c>edgeproxy check</c>: reads manifests exactly as the running proxy does and prints every problem. Exit code 0 when there is none but
/// notes, 1 when there are, 2 when something could not be read.
/// </summary>
internal static class CheckCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Arity = ArgumentArity.ZeroOrMore, Description = "Files and folders with manifests." };
        var output = OutputOption.Create();
        var command = new TaughtCommand("check", "Read manifests as the proxy would and print every problem with file, line, object and field.")
        {
            Examples =
            [
                "edgeproxy check ./manifests",
                "edgeproxy check ingress.yaml --output json | jq '.problems[].message'",
            ],
            ExitCodes = [(0, "nothing is wrong, notes aside"), (1, "there are problems"), (2, "something could not be read, or wrong usage or settings")],
        };
        command.Arguments.Add(paths);
        command.Options.Add(output);
        var options = new SettingOptions(command, paths);
        command.SetAction(parsed =>
        {
            var errors = new List<string>();
            if (ManifestReading.Read(options, parsed, _ => new AllocationMemory(), "nothing to check: give files or folders", errors) is not { } read)
            {
                errors.ForEach(error => Console.Error.WriteLine($"edgeproxy: {error}"));
                return ExitCodes.CouldNotRead;
            }

            var report = new CheckReport(read.Result, read.CouldReadAll);
            Console.Out.Write(parsed.GetValue(output) == "json" ? report.ToJson() : report.ToText());
            return ExitCode(report);
        });
        return command;
    }

    private static int ExitCode(CheckReport report)
    {
        if (!report.CouldReadAll)
        {
            return ExitCodes.CouldNotRead;
        }

        return report.Problems.Any(problem => problem.Severity != ProblemSeverity.Note) ? ExitCodes.Problems : ExitCodes.Success;
    }
}
