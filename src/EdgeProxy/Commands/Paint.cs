namespace EdgeProxy.Commands;

/// <summary>Colours, on a terminal only and where NO_COLOR (no-color.org) does not forbid them.</summary>
internal static class Paint
{
    /// <summary>True where output is coloured.</summary>
    public static bool IsWanted { get; } =
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>As it should be.</summary>
    public static string Good(string text) => In("32", text);

    /// <summary>Probably not as meant.</summary>
    public static string Warning(string text) => In("33", text);

    /// <summary>Wrong.</summary>
    public static string Bad(string text) => In("31", text);

    private static string In(string code, string text) => IsWanted ? $"\e[{code}m{text}\e[0m" : text;
}
