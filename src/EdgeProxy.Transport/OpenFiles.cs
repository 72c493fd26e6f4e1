using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport;

/// <summary>
/// How many descriptors the process may have, and how far sockets may go. Running out altogether is not an option: the runtime itself ends the
/// process when it cannot open a file, so the last ones are left to it.
/// </summary>
/// <remarks>
/// Nothing is counted: the kernel hands out the lowest free number (open(2)), so a descriptor's own number says how many are in use.
/// The runtime raises the soft limit to the hard one when it starts.
/// </remarks>
public static class OpenFiles
{
    private const int LargestReserve = 256;

    /// <summary>RLIMIT_NOFILE, getrlimit(2).</summary>
    public static int Limit { get; } = ReadLimit();

    /// <summary>Up to here upstream sockets may be opened. Default: all but an eighth, at most 256, of <see cref="Limit"/>.</summary>
    internal static int ForUpstreams { get; } = Limit - Math.Min(LargestReserve, Limit / 8);

    /// <summary>Up to here clients are accepted: a little less, so that who was accepted can be connected through.</summary>
    internal static int ForClients { get; } = ForUpstreams - Math.Min(LargestReserve, Limit / 8);

    /// <summary>Up to here pipes may be opened. Default half: a pipe takes two and saves only CPU, so connections come first.</summary>
    internal static int ForPipes { get; } = Limit / 2;

    /// <summary>Up to here listeners may be opened. Default three quarters: a proxy that only listens is of no use.</summary>
    internal static int ForListeners { get; } = Limit / 4 * 3;

    private static unsafe int ReadLimit()
    {
        RLimit limit;
        return Libc.getrlimit(Libc.RLIMIT_NOFILE, &limit) == 0 && limit.Current < int.MaxValue ? (int)limit.Current : int.MaxValue;
    }
}
