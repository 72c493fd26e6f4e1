using System.Runtime.InteropServices;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>
/// Runs something in a network namespace made for it: no address or route of the machine is touched. Sockets opened there stay there and
/// may be used from other threads afterwards; the namespace goes with the last of them.
/// </summary>
internal static partial class NetworkNamespace
{
    private const int CLONE_NEWNET = 0x40000000; // linux/sched.h

    /// <summary>Runs <paramref name="body"/> on a thread of its own; the test is skipped where that is not allowed.</summary>
    public static Task<T> RunAsync<T>(Func<T> body)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Assert.SkipUnless(unshare(CLONE_NEWNET) == 0, "A network namespace of its own needs root (CAP_SYS_ADMIN).");
                done.SetResult(body());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return done.Task.InTime();
    }

    /// <summary>The same for something without a result, with the loopback interface up.</summary>
    public static Task RunAsync(Action<RtNetlink> body) => RunAsync(() =>
    {
        using var netlink = new RtNetlink();
        Assert.Equal(0, netlink.SetUp(netlink.Links().Single().Index));
        body(netlink);
        return true;
    });

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int unshare(int flags);
}
