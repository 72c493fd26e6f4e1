using EdgeProxy.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace EdgeProxy.Hosting;

/// <summary>Log lines go to standard error, so that what a command prints can be piped.</summary>
internal static class Logging
{
    /// <summary>One readable line each on a terminal, one JSON object each otherwise.</summary>
    public static ILoggerFactory Create(ProxySettings settings, LogLevelSwitch level)
    {
        var json = settings.LogFormat == LogFormat.Json || (settings.LogFormat == LogFormat.Auto && Console.IsErrorRedirected);
        return LoggerFactory.Create(logging =>
        {
            logging.Services.AddSingleton<IConfigureOptions<LoggerFilterOptions>>(level);
            logging.Services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(level);
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
