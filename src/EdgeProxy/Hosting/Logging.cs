using EdgeProxy.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace EdgeProxy.Hosting;

/// <summary>Log lines go to standard error, so that what a command prints can be piped.</summary>
internal static class Logging
{
    /// <summary>One readable line each on a terminal, one JSON object each otherwise.</summary>
    public static ILoggerFactory Create(ProxySettings settings)
    {
        var level = settings.LogLevel ?? LogLevel.Information;
        var json = settings.LogFormat == LogFormat.Json || (settings.LogFormat == LogFormat.Auto && Console.IsErrorRedirected);
        return LoggerFactory.Create(logging =>
        {
            logging.SetMinimumLevel(level);

            // Kestrel and YARP report what we already report with a reason of our own.
            logging.AddFilter("Microsoft", level < LogLevel.Information ? level : LogLevel.Warning);
            logging.AddFilter("Microsoft.Extensions.Hosting", level < LogLevel.Information ? level : LogLevel.None);
            logging.AddFilter("Yarp", level < LogLevel.Information ? level : LogLevel.Warning);
            logging.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
            if (json)
            {
                logging.AddJsonConsole(options =>
                {
                    options.UseUtcTimestamp = true;
                    options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
                });
            }
            else
            {
                logging.AddSimpleConsole(options =>
                {
                    options.SingleLine = true;
                    options.TimestampFormat = "HH:mm:ss.fff ";
                });
            }
        });
    }
}
