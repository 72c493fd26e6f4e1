using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace EdgeProxy.Hosting;

/// <summary>How much is logged, changed while running. Thread-safe.</summary>
/// <param name="configured">Where it starts.</param>
internal sealed class LogLevelSwitch(LogLevel configured) : IConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>, IDisposable
{
    private CancellationTokenSource _changed = new();
    private volatile int _level = (int)configured;

    /// <summary>What it is after a restart.</summary>
    public LogLevel Configured => configured;

    /// <summary>What is logged, at least.</summary>
    public LogLevel Level
    {
        get => (LogLevel)_level;
        set
        {
            _level = (int)value;
            using var before = Interlocked.Exchange(ref _changed, new CancellationTokenSource());
            before.Cancel();
        }
    }

    /// <inheritdoc />
    public string Name => Options.DefaultName;

    /// <inheritdoc />
    public void Configure(LoggerFilterOptions options)
    {
        var level = Level;
        options.MinLevel = level;

        // Kestrel and YARP report what we already report with a reason of our own.
        options.AddFilter("Microsoft", level < LogLevel.Information ? level : LogLevel.Warning);
        options.AddFilter("Microsoft.Extensions.Hosting", level < LogLevel.Information ? level : LogLevel.None);
        options.AddFilter("Yarp", level < LogLevel.Information ? level : LogLevel.Warning);
    }

    /// <inheritdoc />
    public IChangeToken GetChangeToken() => new CancellationChangeToken(Volatile.Read(ref _changed).Token);

    /// <inheritdoc />
    public void Dispose() => _changed.Dispose();
}
