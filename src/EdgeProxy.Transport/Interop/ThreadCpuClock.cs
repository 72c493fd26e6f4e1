namespace EdgeProxy.Transport.Interop;

/// <summary>The CPU time of one thread of this process, readable by every other. Costs the thread nothing.</summary>
/// <remarks>The clock's number is made of the thread's, as pthread_getcpuclockid(3) does; include/linux/posix-timers_types.h.</remarks>
internal sealed class ThreadCpuClock
{
    private const int CPUCLOCK_SCHED = 2;
    private const int CPUCLOCK_PERTHREAD_MASK = 4;

    private readonly int _clock;

    private ThreadCpuClock(int thread) => _clock = (~thread << 3) | CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED;

    /// <summary>The clock of the thread that calls.</summary>
    public static ThreadCpuClock OfCurrent() => new(Libc.gettid());

    /// <summary>User and system time since the thread began; zero once it has ended.</summary>
    public unsafe TimeSpan Read()
    {
        TimeSpec time;
        return Libc.clock_gettime(_clock, &time) == 0 ? TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / 100)) : TimeSpan.Zero;
    }
}
