using EdgeProxy.Compare.Native;

namespace EdgeProxy.Compare.Lab;

/// <summary>RLIMIT_NOFILE. The runtime raised the soft limit to the hard one at start, and what we start inherits it.</summary>
internal static unsafe class OpenFiles
{
    public static int Limit
    {
        get
        {
            var limits = stackalloc ulong[2];
            NativeSocket.Check(Libc.getrlimit(Libc.RLIMIT_NOFILE, limits), "getrlimit");
            return (int)Math.Min(limits[0], int.MaxValue);
        }
    }
}
