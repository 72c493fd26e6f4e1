using System.Globalization;

namespace EdgeProxy.Compare.Lab;

/// <summary>One line of /proc/PID/stat, as far as it matters here.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Parent">Its parent.</param>
/// <param name="ReapedTicks">CPU time of children that ended, in ticks of 10 ms.</param>
internal readonly record struct ProcessEntry(int Pid, int Parent, long ReapedTicks);

/// <summary>Texts of /proc (proc(5)), read without their files so that tests can write them.</summary>
internal static class ProcFiles
{
    /// <summary>CPU time in seconds of one tick: USER_HZ is 100 on every architecture .NET runs on.</summary>
    public const double Tick = 0.01;

    /// <summary>/proc/PID/stat. The command in parentheses may hold anything, parentheses included.</summary>
    public static ProcessEntry ParseStat(string text)
    {
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessEntry(
            int.Parse(text.AsSpan(0, text.IndexOf(' ')), CultureInfo.InvariantCulture),
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(fields[14], CultureInfo.InvariantCulture));
    }

    /// <summary>The first line of /proc/stat: seconds all processors were idle (waiting for a disk included), and seconds a hypervisor took.</summary>
    public static (double Idle, double Stolen) ParseMachine(string text)
    {
        var fields = text[..text.IndexOf('\n')].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double Seconds(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture) * Tick;
        return (Seconds(4) + Seconds(5), fields.Length > 8 ? Seconds(8) : 0);
    }

    /// <summary>The Pss line of /proc/PID/smaps_rollup in KiB: memory that is this process's alone, and its share of what others use too.</summary>
    public static long ParsePss(string text)
    {
        var line = text.Split('\n').First(line => line.StartsWith("Pss:", StringComparison.Ordinal));
        return long.Parse(line["Pss:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }

    /// <summary>/proc/PID/net/tcp: how many different addresses and ports are listened on.</summary>
    public static int CountListeners(string text) => text.Split('\n')
        .Skip(1)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields.Length > 3 && fields[3] == "0A")
        .Select(fields => fields[1])
        .Distinct(StringComparer.Ordinal)
        .Count();
}
