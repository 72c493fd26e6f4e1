using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeProxy.Admin;

namespace EdgeProxy.Commands;

/// <summary><c>edgeproxy version</c>: says which program this is, and on what it runs. Exit code 0.</summary>
internal static class VersionCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var output = OutputOption.Create();
        var command = new TaughtCommand("version", "Print the version of this program, and on what it runs.")
        {
            Examples = ["edgeproxy version", "edgeproxy version --output json"],
            ExitCodes = [(0, "always"), (2, "wrong usage")],
        };
        command.Options.Add(output);
        command.SetAction(parsed =>
        {
            var platform = RuntimeInformation.RuntimeIdentifier;
            if (parsed.GetValue(output) != OutputOption.Json)
            {
                Console.WriteLine($"edgeproxy {ProgramVersion.Text}{(ProgramVersion.Commit is { } commit ? $" ({commit})" : "")}, {RuntimeInformation.FrameworkDescription}, {platform}");
                return ExitCodes.Success;
            }

            var version = new JsonObject { ["version"] = ProgramVersion.Text };
            if (ProgramVersion.Commit is { } known)
            {
                version["commit"] = known;
            }

            version["runtime"] = RuntimeInformation.FrameworkDescription;
            version["platform"] = platform;
            version["os"] = RuntimeInformation.OSDescription;
            Console.WriteLine(version.ToJsonString(Indented));
            return ExitCodes.Success;
        });
        return command;
    }
}
