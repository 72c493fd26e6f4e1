using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace EdgeProxy.ClusterBenchmark;

/// <summary>The process that is measured, with what its log says. Owns it and its folder of state.</summary>
internal sealed class MeasuredProxy : IAsyncDisposable
{
    private const int ReadingFromServer = 118;
    private const int SnapshotLive = 101;
    private const int EventsLive = 119;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly string _state;
    private readonly TaskCompletionSource _isLive = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset? _reading;

    private MeasuredProxy(Process process, string state)
    {
        _process = process;
        _state = state;
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    /// <summary>From the log line before the first request to the API server until the first snapshot is live.</summary>
    public TimeSpan FirstSnapshot { get; private set; }

    /// <summary>What the process says how long events took from their arrival to the snapshot with them; only with the log level debug.</summary>
    public ConcurrentQueue<double> OwnDelays { get; } = new();

    /// <summary>User and system time so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts it and returns when its first snapshot is live.</summary>
    /// <exception cref="TimeoutException">That took longer than two minutes.</exception>
    public static async Task<MeasuredProxy> StartAsync(BenchmarkOptions options, string kubeconfig, int httpPort, string logLevel, CancellationToken cancellationToken)
    {
        var state = Directory.CreateTempSubdirectory("edgeproxy-benchmark").FullName;
        var start = new ProcessStartInfo(options.EdgeProxy) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])
            ["run", "--kubeconfig", kubeconfig, "--http-port", $"{httpPort}", "--https-port", "0", "--admin-port", "0", "--update-status", "false", "--leader-elect", "false",
                "--log-format", "json", "--log-level", logLevel, "--state-dir", state])
        {
            start.ArgumentList.Add(argument);
        }

        var proxy = new MeasuredProxy(Process.Start(start)!, state);
        await proxy._isLive.Task.WaitAsync(Patience, TimeProvider.System, cancellationToken);
        return proxy;
    }

    /// <summary>Resident memory now and at its highest, in MiB (proc_pid_status(5): VmRSS, VmHWM).</summary>
    public (double Now, double Highest) Memory()
    {
        var lines = File.ReadAllLines($"/proc/{_process.Id.ToString(CultureInfo.InvariantCulture)}/status");
        return (Read("VmRSS:"), Read("VmHWM:"));

        double Read(string name) =>
            double.Parse(lines.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    private void Read(string? text)
    {
        if (text is null || JsonNode.Parse(text) is not { } line)
        {
            return;
        }

        switch ((int)line["EventId"]!)
        {
            case ReadingFromServer:
                _reading = At(line);
                break;
            case SnapshotLive when _reading is { } from && !_isLive.Task.IsCompleted:
                FirstSnapshot = At(line) - from;
                _isLive.SetResult();
                break;
            case EventsLive:
                Enumerable.Repeat((double)line["State"]!["Milliseconds"]!, (int)line["State"]!["Events"]!).ToList().ForEach(OwnDelays.Enqueue);
                break;
            case var _ when (string?)line["LogLevel"] is "Warning" or "Error" or "Critical":
                Console.Error.WriteLine($"  edgeproxy: {(string?)line["Message"]}");
                break;
            default:
                break;
        }
    }

    private static DateTimeOffset At(JsonNode line) => DateTimeOffset.Parse((string)line["Timestamp"]!, CultureInfo.InvariantCulture);
}
