using System.Text.Json;

namespace EdgeProxy.Settings;

/// <summary>Puts the settings together: command line before environment before configuration file. Every mistake is reported, not only the first.</summary>
internal static class SettingSources
{
    /// <summary>The environment variable that names the configuration file, as <c>--config</c> does.</summary>
    public const string ConfigVariable = "EDGEPROXY_CONFIG";

    private static readonly JsonDocumentOptions Commented = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads all three. The settings are usable only when <paramref name="errors"/> stays empty.</summary>
    /// <param name="commandLine">Values by setting name; a name that was not given is absent.</param>
    /// <param name="configFile">The configuration file, or null.</param>
    /// <param name="environment">Reads one environment variable.</param>
    /// <param name="errors">Takes what is wrong, naming the source.</param>
    public static ProxySettings Read(
        IReadOnlyDictionary<string, IReadOnlyList<string>> commandLine, string? configFile, Func<string, string?> environment, List<string> errors)
    {
        var file = configFile ?? environment(ConfigVariable);
        var settings = new ProxySettings { File = file };
        var fromFile = file is null ? new Dictionary<string, IReadOnlyList<string>>() : ReadFile(file, errors);
        foreach (var setting in SettingTable.All)
        {
            if (Find(setting, commandLine, environment, fromFile, file) is not var (values, source))
            {
                continue;
            }

            settings.Given[setting.Name] = values;
            if (setting.Apply(settings, values) is { } mistake)
            {
                errors.Add($"{source}: {mistake}");
            }
        }

        return settings;
    }

    /// <summary>The settings of a process that has read its configuration file again: live ones as they are written now, the others as they were.</summary>
    public static ProxySettings Renew(ProxySettings running, ProxySettings read)
    {
        var settings = new ProxySettings { File = running.File };
        foreach (var setting in SettingTable.All)
        {
            if ((setting.IsLive ? read : running).Given.GetValueOrDefault(setting.Name) is { } values)
            {
                settings.Given[setting.Name] = values;
                setting.Apply(settings, values);
            }
        }

        return settings;
    }

    private static (IReadOnlyList<string> Values, string Source)? Find(
        Setting setting,
        IReadOnlyDictionary<string, IReadOnlyList<string>> commandLine,
        Func<string, string?> environment,
        Dictionary<string, IReadOnlyList<string>> fromFile,
        string? file)
    {
        if (commandLine.TryGetValue(setting.Name, out var given) && given.Count > 0)
        {
            return (SplitList(setting, given), $"--{setting.Name}");
        }

        if (environment(setting.EnvironmentVariable) is { Length: > 0 } variable)
        {
            return (SplitList(setting, [variable]), setting.EnvironmentVariable);
        }

        return fromFile.TryGetValue(setting.Name, out var written) && written.Count > 0 ? (written, $"{file}: {setting.Name}") : null;
    }

    private static IReadOnlyList<string> SplitList(Setting setting, IReadOnlyList<string> values) => setting.SplitsAtCommas
        ? [.. values.SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))]
        : values;

    private static Dictionary<string, IReadOnlyList<string>> ReadFile(string file, List<string> errors)
    {
        var values = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file), Commented);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!SettingTable.All.Any(setting => setting.Name == property.Name))
                {
                    errors.Add($"{file}: unknown key '{property.Name}'; the keys are the names of the command line's flags, without dashes in front");
                    continue;
                }

                values[property.Name] = property.Value.ValueKind == JsonValueKind.Array
                    ? [.. property.Value.EnumerateArray().Select(item => item.ToString())]
                    : [property.Value.ToString()];
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            errors.Add($"{file}: cannot be read as a JSON object: {error.Message}");
        }

        return values;
    }
}
