using EdgeProxy.Compare.Native;

namespace EdgeProxy.Compare.Lab;

/// <summary>The processes of this machine at one moment, with the CPU time of each.</summary>
internal sealed class ProcessTable
{
    private const int KernelThreads = 2;

    private readonly List<ProcessEntry> _entries = [];
    private readonly ILookup<int, int> _children;

    private ProcessTable()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (char.IsAsciiDigit(Path.GetFileName(folder)[0]) && TryRead(folder + "/stat") is { } text)
            {
                _entries.Add(ProcFiles.ParseStat(text));
            }
        }

        _children = _entries.ToLookup(entry => entry.Parent, entry => entry.Pid);
    }

    public static ProcessTable Read() => new();

    /// <summary>A process and all below it.</summary>
    public IEnumerable<int> Tree(int root) => _children[root].SelectMany(Tree).Prepend(root);

    /// <summary>CPU seconds of a process and all below it.</summary>
    public double CpuOf(int root) => Tree(root).Sum(CpuClock);

    /// <summary>
    /// CPU seconds of everybody else's processes. What ended moved its time to its parent's reaped children, so the sum loses nothing. Kernel
    /// threads are left out: what they do here is deliver our packets.
    /// </summary>
    public double CpuOfOthers()
    {
        var own = Tree(Environment.ProcessId).ToHashSet();
        return _entries
            .Where(entry => entry.Pid != KernelThreads && entry.Parent != KernelThreads && !own.Contains(entry.Pid))
            .Sum(entry => CpuClock(entry.Pid) + (entry.ReapedTicks * ProcFiles.Tick));
    }

    /// <summary>Proportional set size of a process and all below it, in KiB.</summary>
    public long PssOf(int root) => Tree(root).Sum(pid => TryRead($"/proc/{pid}/smaps_rollup") is { } text ? ProcFiles.ParsePss(text) : 0);

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // The process ended meanwhile.
        }
    }

    /// <summary>User and system time of all threads, ended ones included, to the nanosecond; /proc/PID/stat says the same in ticks of 10 ms.</summary>
    /// <remarks>The clock's number is what clock_getcpuclockid(3) makes of a process id.</remarks>
    private static unsafe double CpuClock(int pid)
    {
        var time = stackalloc long[2];
        return Libc.clock_gettime((~pid << 3) | 2, time) == 0 ? time[0] + (time[1] / 1e9) : 0;
    }
}
