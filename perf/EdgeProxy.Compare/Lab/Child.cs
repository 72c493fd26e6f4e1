using System.Collections.Concurrent;
using System.Diagnostics;

namespace EdgeProxy.Compare.Lab;

/// <summary>What to start: a program, its arguments, and what its environment has beyond ours.</summary>
internal sealed record Launch(string Program, params IReadOnlyList<string> Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>A process we started, with its standard streams in hand. Disposing kills it and all it started.</summary>
internal sealed class Child : IAsyncDisposable
{
    private const int LinesKept = 2;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _complaints = new();

    private Child(Process process) => _process = process;

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines on standard error, for a message.</summary>
    public string Complaints => string.Join(" | ", _complaints);

    /// <summary>Starts a program; in a network namespace when one is named (ip-netns(8) replaces itself by the program).</summary>
    public static Child Start(Launch launch, string? networkNamespace = null)
    {
        var start = new ProcessStartInfo(networkNamespace is null ? launch.Program : "ip")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] prefix = networkNamespace is null ? [] : ["netns", "exec", networkNamespace, launch.Program];
        foreach (var argument in prefix.Concat(launch.Arguments))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in launch.Environment)
        {
            start.Environment[name] = value;
        }

        var child = new Child(Process.Start(start)!);
        child._process.ErrorDataReceived += (_, line) => child.Remember(line.Data);
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has what it complained about.</exception>
    public static async Task<string> RunAsync(Launch launch, string? networkNamespace = null, string? input = null, CancellationToken cancel = default)
    {
        await using var child = Start(launch, networkNamespace);
        await child._process.StandardInput.WriteAsync(input);
        child._process.StandardInput.Close();
        var output = await child._process.StandardOutput.ReadToEndAsync(cancel);
        await child._process.WaitForExitAsync(cancel);
        return child._process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{launch.Program} {string.Join(' ', launch.Arguments)}: {child.Complaints}");
    }

    /// <summary>Nobody reads what it prints: it is thrown away.</summary>
    public void IgnoreOutput() => _process.BeginOutputReadLine();

    /// <summary>Sends an empty line and returns the line that answers it.</summary>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task<string> AskAsync(CancellationToken cancel)
    {
        await _process.StandardInput.WriteAsync("\n".AsMemory(), cancel);
        await _process.StandardInput.FlushAsync(cancel);
        return await _process.StandardOutput.ReadLineAsync(cancel)
            ?? throw new InvalidOperationException($"the load generator ended: {Complaints}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Remember(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        _complaints.Enqueue(line.Trim());
        while (_complaints.Count > LinesKept)
        {
            _complaints.TryDequeue(out _);
        }
    }
}
