using System.Diagnostics;

namespace EdgeProxy.Compare.Lab;

/// <summary>CPU seconds spent so far: by the proxy, by the whole machine, and by processes that have nothing to do with the measurement.</summary>
internal readonly record struct CpuReading(double Proxy, double Machine, double Foreign, double Wall)
{
    /// <param name="proxyPid">Root of the proxy's processes, or null for the kernel's own paths.</param>
    public static CpuReading Take(int? proxyPid)
    {
        var processes = ProcessTable.Read();
        var wall = Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
        // Idle time is exact on a tickless kernel, busy time only sampled: busy is what is left.
        var (idle, stolen) = ProcFiles.ParseMachine(File.ReadAllText("/proc/stat"));
        return new CpuReading(
            proxyPid is { } pid ? processes.CpuOf(pid) : 0,
            (wall * Environment.ProcessorCount) - idle - stolen,
            processes.CpuOfOthers() + stolen,
            wall);
    }

    /// <summary>What was spent since an earlier reading.</summary>
    public CpuReading Since(CpuReading earlier) =>
        new(Proxy - earlier.Proxy, Machine - earlier.Machine, Foreign - earlier.Foreign, Wall - earlier.Wall);
}
