using System.CommandLine;

namespace EdgeProxy.Commands;

/// <summary><c>--output</c>: for people, or for programs.</summary>
internal static class OutputOption
{
    /// <summary>For programs.</summary>
    public const string Json = "json";

    /// <summary>Makes the option; the first format is the default.</summary>
    public static Option<string> Create(string description = "text or json.", params string[] formats)
    {
        formats = formats.Length == 0 ? ["text", Json] : formats;
        var output = new Option<string>("--output", "-o") { Description = description, HelpName = "FORMAT", DefaultValueFactory = _ => formats[0] };
        output.AcceptOnlyFromAmong(formats);
        return output;
    }
}
