using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeProxy.Testing;

namespace EdgeProxy.EndToEnd.Tests.Chart;

/// <summary>Decodes objects as strictly as an API server does with <c>fieldValidation=Strict</c>, by <c>tests/chart/kinds.txt</c>, which says how it is written.</summary>
internal sealed class KindTable
{
    private const StringSplitOptions Words = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    // By "apiVersion Kind", or by the name of a type within.
    private readonly Dictionary<string, Dictionary<string, string>> _types;

    private KindTable(Dictionary<string, Dictionary<string, string>> types) => _types = types;

    public static KindTable Read()
    {
        var lines = File.ReadLines(Path.Combine(TestCases.RepositoryRoot, "tests", "chart", "kinds.txt"));
        return new KindTable(lines
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(':', 2, Words))
            .ToDictionary(
                parts => parts[0],
                parts => parts[1].Split(' ', Words).Select(field => field.Split('=')).ToDictionary(field => field[0], field => field[1], StringComparer.Ordinal),
                StringComparer.Ordinal));
    }

    /// <summary>What is wrong with an object, each with its path.</summary>
    public IReadOnlyList<string> Mistakes(JsonNode value)
    {
        var mistakes = new List<string>();
        var type = $"{value["apiVersion"]} {value["kind"]}";
        if (!_types.ContainsKey(type))
        {
            return [$"{type}: no such kind"];
        }

        var inner = value.DeepClone().AsObject();
        inner.Remove("apiVersion");
        inner.Remove("kind");
        Check(inner, type, (string)value["kind"]!, mistakes);
        return mistakes;
    }

    private void Check(JsonNode? value, string type, string path, List<string> mistakes)
    {
        if (type.StartsWith('['))
        {
            CheckList(value, type[1..^1], path, mistakes);
            return;
        }

        if (_types.TryGetValue(type, out var fields))
        {
            CheckFields(value, fields, path, mistakes);
            return;
        }

        var fits = type switch
        {
            "s" => IsKind(value, JsonValueKind.String),
            "i" => IsWhole(value),
            "b" => IsKind(value, JsonValueKind.True) || IsKind(value, JsonValueKind.False),
            "x" or "q" => IsKind(value, JsonValueKind.String) || IsWhole(value),
            "m" => value is JsonObject map && map.All(entry => IsKind(entry.Value, JsonValueKind.String)),
            "any" => value is not null,
            _ => throw new InvalidDataException($"kinds.txt: {path} has the unknown type '{type}'."),
        };
        if (!fits)
        {
            mistakes.Add($"{path}: {value?.ToJsonString() ?? "null"} is not of type {type}");
        }
    }

    private void CheckList(JsonNode? value, string type, string path, List<string> mistakes)
    {
        if (value is not JsonArray list)
        {
            mistakes.Add($"{path}: not a list");
            return;
        }

        foreach (var (index, item) in list.Index())
        {
            Check(item, type, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"), mistakes);
        }
    }

    private void CheckFields(JsonNode? value, Dictionary<string, string> fields, string path, List<string> mistakes)
    {
        if (value is not JsonObject item)
        {
            mistakes.Add($"{path}: not an object");
            return;
        }

        foreach (var (name, inner) in item)
        {
            if (!fields.TryGetValue(name, out var type))
            {
                mistakes.Add($"{path}.{name}: unknown field");
                continue;
            }

            Check(inner, type.TrimEnd('!'), $"{path}.{name}", mistakes);
        }

        mistakes.AddRange(fields.Where(field => field.Value.EndsWith('!') && !item.ContainsKey(field.Key)).Select(field => $"{path}.{field.Key}: must be there"));
    }

    private static bool IsKind(JsonNode? value, JsonValueKind kind) => value?.GetValueKind() == kind;

    private static bool IsWhole(JsonNode? value) =>
        IsKind(value, JsonValueKind.Number) && long.TryParse(value!.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
}
