using System.Globalization;

namespace EdgeProxy.Telemetry;

/// <summary>What Linux knows of this process and .NET does not say cheaply.</summary>
/// <param name="Threads">Its threads.</param>
/// <param name="VirtualBytes">Its address space.</param>
internal readonly record struct ProcStat(long Threads, long VirtualBytes)
{
    // proc_pid_stat(5) counts from 1, and the name before the third field may hold blanks.
    private const int FirstField = 3;
    private const int ThreadsField = 20;
    private const int VirtualField = 23;

    /// <summary>Zeros where there is no /proc.</summary>
    public static ProcStat Read()
    {
        try
        {
            var text = File.ReadAllText("/proc/self/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcStat(Number(fields, ThreadsField), Number(fields, VirtualField));
        }
        catch (IOException)
        {
            return default;
        }
    }

    /// <summary>Open descriptors, without the one it takes to count them; 0 where there is no /proc.</summary>
    public static int OpenFiles()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static long Number(string[] fields, int field) => long.Parse(fields[field - FirstField], CultureInfo.InvariantCulture);
}
