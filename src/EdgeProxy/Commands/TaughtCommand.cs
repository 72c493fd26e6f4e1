using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace EdgeProxy.Commands;

/// <summary>A command whose <c>--help</c> ends with examples and with what its exit codes mean. docs/cli.md has the same, and a test compares them.</summary>
internal sealed class TaughtCommand(string name, string description) : Command(name, description)
{
    /// <summary>Whole command lines that work as they stand.</summary>
    public required ImmutableArray<string> Examples { get; init; }

    /// <summary>Each code it can end with.</summary>
    public required ImmutableArray<(int Code, string Meaning)> ExitCodes { get; init; }
}

/// <summary>Writes the library's help, then what the command teaches.</summary>
internal sealed class TeachingHelp(HelpAction usual) : SynchronousCommandLineAction
{
    /// <inheritdoc />
    public override bool ClearsParseErrors => true;

    /// <summary>Has every command below <paramref name="root"/> teach.</summary>
    public static void Install(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();

        // One spelling each, long and short; completion would offer them all.
        foreach (var spelling in (string[])["-?", "/?", "/h"])
        {
            help.Aliases.Remove(spelling);
        }

        help.Action = new TeachingHelp((HelpAction)help.Action!); // the library sets one
    }

    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is TaughtCommand command)
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in command.Examples)
            {
                output.WriteLine($"  {example}");
            }

            output.WriteLine();
            output.WriteLine("Exit codes:");
            foreach (var (code, meaning) in command.ExitCodes)
            {
                output.WriteLine($"  {code}  {meaning}");
            }

            output.WriteLine();
        }

        return exitCode;
    }
}
