using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>A network namespace of the test's own with its loopback interface up. Owns it: it is deleted when disposed.</summary>
internal sealed partial class NetworkNamespace : IAsyncDisposable
{
    private const int CLONE_NEWNET = 0x40000000; // linux/sched.h

    private static int _last;

    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"edgeproxy-test-{Environment.ProcessId}-{Interlocked.Increment(ref _last)}");

    private NetworkNamespace()
    {
    }

    /// <summary>Its name for <c>ip</c>.</summary>
    public string Name => _name;

    /// <summary>What stands before a command so that it runs in here.</summary>
    public string[] Prefix => ["ip", "netns", "exec", _name];

    /// <summary>Makes one; the test is skipped where that is not allowed.</summary>
    public static async Task<NetworkNamespace> CreateAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "A network namespace needs root.");
        Assert.SkipUnless(File.Exists("/usr/sbin/ip") || File.Exists("/sbin/ip") || File.Exists("/usr/bin/ip"), "There is no 'ip' (iproute2) here.");
        var made = new NetworkNamespace();
        var (exitCode, _, errors) = await RunAsync(["ip", "netns", "add", made._name]);
        Assert.SkipWhen(exitCode != 0, $"A network namespace cannot be made here: {errors}");
        await made.IpAsync("link set lo up");
        return made;
    }

    /// <summary>Runs <c>ip</c> in here.</summary>
    public async Task<string> IpAsync(string arguments)
    {
        var (exitCode, output, errors) = await RunAsync(["ip", "-n", _name, .. arguments.Split(' ')]);
        Assert.True(exitCode == 0, $"ip {arguments}: {errors}");
        return output;
    }

    /// <summary>Runs several commands of <c>ip</c> in here, one a line.</summary>
    public async Task ConfigureAsync(string commands)
    {
        var (exitCode, _, errors) = await RunAsync(["ip", "-n", _name, "-batch", "-"], commands);
        Assert.True(exitCode == 0, errors);
    }

    /// <summary>Runs something on a thread in here. What it opens stays here, whichever thread uses it later.</summary>
    public Task<T> EnterAsync<T>(Func<T> body)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                using var place = File.OpenHandle($"/run/netns/{_name}");
                Assert.True(setns((int)place.DangerousGetHandle(), CLONE_NEWNET) == 0, $"setns: error {Marshal.GetLastPInvokeError()}");
                done.SetResult(body());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        })
        {
            IsBackground = true,
        }.Start();
        return done.Task;
    }

    /// <summary>The names of the interfaces.</summary>
    public async Task<string> LinksAsync() => await IpAsync("-br link");

    /// <summary>
    /// Asks for a page by HTTP/1.0 from in here: the answer, or the words of the failure (<c>Connection refused</c>, …).
    /// </summary>
    public async Task<string> GetAsync(string address, int port)
    {
        var script = $"""exec 3<>"/dev/tcp/{address}/{port}" && printf 'GET / HTTP/1.0\r\nHost: test\r\n\r\n' >&3 && cat <&3""";
        var (_, output, errors) = await RunAsync([.. Prefix, "timeout", "10", "bash", "-c", script]);
        return output.Length > 0 ? output : errors;
    }

    public async ValueTask DisposeAsync() => await RunAsync(["ip", "netns", "delete", _name]);

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string[] command, string input = "")
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        return (process.ExitCode, await output, await errors);
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setns(int descriptor, int kind);
}
