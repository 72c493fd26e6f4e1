using System.CommandLine;
using EdgeProxy.Settings;

namespace EdgeProxy.Commands;

/// <summary>The settings as command-line options, made from the table.</summary>
internal sealed class SettingOptions
{
    private readonly Dictionary<string, Option<string[]>> _options = [];
    private readonly Argument<string[]>? _paths;

    private readonly Option<string?> _config = new("--config")
    {
        Description = $"Configuration file: JSON, comments allowed, keys named as the flags ({SettingSources.ConfigVariable}).",
        HelpName = "FILE",
    };

    /// <summary>Adds every setting, and the configuration file, to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="paths">An argument that gives the manifests without a flag, or null.</param>
    public SettingOptions(Command command, Argument<string[]>? paths = null)
    {
        _paths = paths;
        command.Options.Add(_config);
        foreach (var setting in SettingTable.All)
        {
            var option = new Option<string[]>("--" + setting.Name)
            {
                Description = $"{setting.Help} ({setting.EnvironmentVariable})",
                HelpName = setting.ValueHint,
                Arity = ArgumentArity.OneOrMore,
                AllowMultipleArgumentsPerToken = setting.IsList,
            };
            _options.Add(setting.Name, option);
            command.Options.Add(option);
        }
    }

    /// <summary>Puts command line, environment and configuration file together.</summary>
    public ProxySettings Read(ParseResult parsed, List<string> errors)
    {
        var given = _options
            .Where(entry => parsed.GetResult(entry.Value) is { Implicit: false })
            .ToDictionary(entry => entry.Key, entry => (IReadOnlyList<string>)(parsed.GetValue(entry.Value) ?? []));
        // An option that takes several values takes a misspelt flag behind them for one more.
        errors.AddRange(given.Values.SelectMany(values => values).Where(value => value.StartsWith("--", StringComparison.Ordinal)).Select(value => $"unknown flag {value}"));
        if (_paths is not null && parsed.GetValue(_paths) is { Length: > 0 } paths)
        {
            given["manifests"] = [.. given.GetValueOrDefault("manifests", []), .. paths];
        }

        return SettingSources.Read(given, parsed.GetValue(_config), Environment.GetEnvironmentVariable, errors);
    }
}
