using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace EdgeProxy.Hosting;

/// <summary>
/// The least severe level that is logged, which may change while running. The logging library then computes its filters anew, so that a line that is not
/// logged costs no more than before.
/// </summary>
internal sealed class LogLevelSwitch(LogLevel level) : IConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>
{
    private volatile ConfigurationReloadToken _changed = new();
    private volatile LogLevel _level = level;

    /// <summary>The level; setting it takes effect at once, for every logger there is.</summary>
    public LogLevel Level
    {
        get => _level;
        set
        {
            if (value != _level)
            {
                _level = value;
                var changed = _changed;
                _changed = new ConfigurationReloadToken();
                changed.OnReload();
            }
        }
    }

    /// <inheritdoc />
    public string? Name => Options.DefaultName;

    /// <inheritdoc />
    public IChangeToken GetChangeToken() => _changed;

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
}
