using System.CommandLine;
using System.Text.Json;
using EdgeProxy.Commands;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests.Commands;

/// <summary>The command line as a whole: help, documentation, completion and version.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public void Every_command_teaches_and_its_page_says_the_same()
    {
        var page = File.ReadAllText(Path.Combine(TestCases.RepositoryRoot, "docs", "cli.md"));
        var commands = EdgeProxyCommands.Create().Subcommands;

        Assert.Equal(["run", "demo", "check", "explain", "status", "top", "env", "version", "completion"], commands.Select(command => command.Name));
        foreach (var command in commands.Select(Assert.IsType<TaughtCommand>))
        {
            Assert.Contains($"## {command.Name}\n", page, StringComparison.Ordinal);
            var section = page.Split($"## {command.Name}\n")[1].Split("\n## ")[0];
            Assert.NotEmpty(command.Examples);
            Assert.All(command.Examples, example => Assert.Contains(example, section, StringComparison.Ordinal));
            Assert.All(command.ExitCodes, exit => Assert.Contains($"| {exit.Code} | {exit.Meaning} |", section, StringComparison.Ordinal));

            // Settings have their own page; what is only this command's stands here.
            var own = command.Options.Where(option => !Settings.SettingTable.All.Any(setting => option.Name == $"--{setting.Name}") && option.Name != "--config");
            Assert.All(own, option => Assert.Contains($"`{option.Name}`", section, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Examples_can_be_parsed()
    {
        var root = EdgeProxyCommands.Create();

        Assert.All(root.Subcommands.OfType<TaughtCommand>().SelectMany(command => command.Examples), example =>
        {
            var line = example[(example.IndexOf("edgeproxy ", StringComparison.Ordinal) + "edgeproxy ".Length)..].Split(" | ")[0].Split(" > ")[0].TrimEnd('"', ')');
            Assert.Empty(root.Parse(line.Replace('\'', '"')).Errors);
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task Help_ends_with_examples_and_exit_codes()
    {
        var (exitCode, output, _) = await EdgeProxyProcess.RunAsync("check", "--help");

        Assert.Equal(0, exitCode);
        Assert.Contains("Examples:\n  edgeproxy check ./manifests\n", output, StringComparison.Ordinal);
        Assert.Contains("Exit codes:\n  0  nothing is wrong, notes aside\n  1  there are problems\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\e[", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Version_is_for_people_and_for_programs()
    {
        Assert.Matches(@"^edgeproxy \d+\.\d+\.\d+.*, \.NET 10\.\S*, linux-\S+\n$", (await EdgeProxyProcess.RunAsync("version")).Output);
        var json = JsonDocument.Parse((await EdgeProxyProcess.RunAsync("version", "--output", "json")).Output).RootElement;
        Assert.Matches(@"^\d+\.\d+\.\d+", json.GetProperty("version").GetString());
        Assert.StartsWith("linux-", json.GetProperty("platform").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, (await EdgeProxyProcess.RunAsync("version", "--output", "yaml")).ExitCode);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("edgeproxy st", "status")]
    [InlineData("edgeproxy run --admin-t", "--admin-token-file")]
    [InlineData("edgeproxy top --sort err", "errors")]
    [InlineData("edgeproxy completion ", "bash fish zsh")]
    public async Task Bash_completes_by_asking_the_program(string line, string expected)
    {
        var script = $"""
            edgeproxy() {"{"} dotnet '{Path.Combine(AppContext.BaseDirectory, "edgeproxy.dll")}' "$@"; {"}"}
            source <(edgeproxy completion bash)
            COMP_LINE='{line}'; COMP_POINT={line.Length}; COMP_WORDS=({line}{(line.EndsWith(' ') ? " ''" : "")}); COMP_CWORD=$(( {'$'}{"{"}#COMP_WORDS[@]{"}"} - 1 ))
            _edgeproxy
            echo "{'$'}{"{"}COMPREPLY[*]{"}"}"
            """;
        using var bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, UseShellExecute = false })!;

        var said = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Equal(expected, said.Trim());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("zsh", "#compdef edgeproxy")]
    [InlineData("fish", "complete -c edgeproxy")]
    public async Task Other_shells_have_a_script_too(string shell, string part)
    {
        var (exitCode, output, _) = await EdgeProxyProcess.RunAsync("completion", shell);

        Assert.Equal(0, exitCode);
        Assert.Contains(part, output, StringComparison.Ordinal);
        Assert.Equal(2, (await EdgeProxyProcess.RunAsync("completion", "tcsh")).ExitCode);
    }
}
