using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>The real program as a child process, started the way a user starts it. Owns the process and its folder of manifests.</summary>
internal sealed class EdgeProxyProcess : IAsyncDisposable
{
    private const int FirstPort = 10_000;
    private const int PortCount = 20_000;

    // Started apart, so that two test processes on one machine seldom ask for the same ones.
    private static int _lastPort = Environment.ProcessId * 131;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentQueue<string> _output = new();

    private EdgeProxyProcess(Process process, int httpPort, int httpsPort, int adminPort)
    {
        _process = process;
        HttpPort = httpPort;
        HttpsPort = httpsPort;
        AdminPort = adminPort;
        process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public int HttpPort { get; }

    public int HttpsPort { get; }

    public int AdminPort { get; }

    /// <summary>Log lines so far.</summary>
    public string Log => string.Join('\n', _errors);

    /// <summary>What the command printed so far.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Starts <c>edgeproxy run</c> or <c>demo</c> and waits until it is ready.</summary>
    public static Task<EdgeProxyProcess> StartAsync(string command, params string[] arguments) =>
        StartAsync(networkNamespace: null, command, arguments);

    /// <summary>The same in a network namespace, from which the log alone tells that it is ready.</summary>
    public static Task<EdgeProxyProcess> StartAsync(NetworkNamespace? networkNamespace, string command, params string[] arguments) =>
        StartThroughAsync(networkNamespace, [], command, arguments);

    /// <summary>The same through another program, which is told to become ours.</summary>
    public static async Task<EdgeProxyProcess> StartThroughAsync(
        NetworkNamespace? networkNamespace, IReadOnlyList<string> prefix, string command, params string[] arguments)
    {
        var (http, https, admin) = (FreePort(), FreePort(), FreePort());
        var process = Start([.. networkNamespace?.Prefix ?? [], .. prefix], [command, "--http-port", $"{http}", "--https-port", $"{https}", "--admin-port", $"{admin}", "--node-port-range", "1024-65535", "--log-format", "json",
            "--state-dir", Path.Combine(Path.GetTempPath(), "edgeproxy-tests-state"), .. arguments]);
        var proxy = new EdgeProxyProcess(process, http, https, admin);
        try
        {
            await (networkNamespace is null
                ? proxy.WaitForAsync(() => proxy.IsReadyAsync(), "the process to become ready")
                : proxy.WaitForLogAsync("Serving HTTP on port"));
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command to its end.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) => RunThroughAsync([], arguments);

    /// <summary>The same through another program, which is told to start ours.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunThroughAsync(IReadOnlyList<string> prefix, params string[] arguments)
    {
        using var process = Start(prefix, arguments);
        var output = process.StandardOutput.ReadToEndAsync(Deadline);
        var errors = process.StandardError.ReadToEndAsync(Deadline);
        await process.WaitForExitAsync(Deadline);
        return (process.ExitCode, await output, await errors);
    }

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    /// <summary>Waits for something a user would see, for at most 30 seconds.</summary>
    public async Task WaitForAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Deadline);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            if (patience.IsCancellationRequested || _process.HasExited)
            {
                throw new TimeoutException($"Waited in vain for {what}. The log:\n{Log}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Deadline);
        }
    }

    /// <summary>Waits until a log line contains a text.</summary>
    public Task WaitForLogAsync(string text) => WaitForAsync(() => Task.FromResult(Log.Contains(text, StringComparison.Ordinal)), $"'{text}' in the log");

    public void Signal(PosixSignal signal) => Signal(signal == PosixSignal.SIGTERM ? "-TERM" : "-INT");

    /// <summary>Stops the process where it is (SIGSTOP), as a machine that is too busy, or a debugger, does.</summary>
    public void Pause() => Signal("-STOP");

    /// <summary>Lets it go on as if nothing had happened (SIGCONT).</summary>
    public void Resume() => Signal("-CONT");

    /// <summary>Ends it where it is (SIGKILL).</summary>
    public Task<int> KillAsync()
    {
        _process.Kill();
        return WaitForExitAsync();
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [name, $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(Deadline);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    /// <summary>
    /// A port nobody has, outside the range from which the kernel takes the local ports of connections: one of those could be taken by any
    /// client before it is listened on.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = FirstPort + (int)((uint)Interlocked.Increment(ref _lastPort) % PortCount);
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it; the next one.
            }
        }
    }

    private static Process Start(IReadOnlyList<string> prefix, IEnumerable<string> arguments)
    {
        string[] program = [.. prefix, "dotnet"];
        var start = new ProcessStartInfo(program[0]) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in program.Skip(1).Append(Path.Combine(AppContext.BaseDirectory, "edgeproxy.dll")).Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private async Task<bool> IsReadyAsync()
    {
        using var client = new HttpClient();
        try
        {
            using var response = await client.GetAsync($"http://127.0.0.1:{AdminPort}/readyz", Deadline);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
