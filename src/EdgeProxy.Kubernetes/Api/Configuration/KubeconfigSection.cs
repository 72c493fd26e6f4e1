using System.Text;
using EdgeProxy.Kubernetes.Manifests.Syntax;

namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>One mapping of a kubeconfig, which knows its file and its place for errors. Values never reach a message.</summary>
internal sealed class KubeconfigSection(string file, string place, MappingNode node)
{
    public string File => file;

    /// <summary>The text under <paramref name="key"/>; null when absent or empty.</summary>
    public string? Text(string key) => node.TextOf(key) is { Length: > 0 } text ? text : null;

    public string Require(string key) => Text(key) ?? throw Wrong(key, "Required value");

    /// <summary>The mapping under <paramref name="key"/>.</summary>
    public KubeconfigSection? Part(string key) => node[key] is MappingNode part ? new KubeconfigSection(file, FieldOf(key), part) : null;

    /// <summary>The <paramref name="part"/> of the item of a list whose <c>name</c> is <paramref name="name"/>.</summary>
    public KubeconfigSection? Named(string list, string part, string name) => (node[list] as SequenceNode)?.Items
        .OfType<MappingNode>()
        .Where(item => item.TextOf("name") == name)
        .Select(item => item[part] as MappingNode)
        .OfType<MappingNode>()
        .Select(found => new KubeconfigSection(file, $"{list}[{name}].{part}", found))
        .FirstOrDefault();

    /// <summary>The items of a list of texts.</summary>
    public IReadOnlyList<string> Texts(string key) => (node[key] as SequenceNode)?.Items.OfType<ScalarNode>().Select(item => item.Written).ToList() ?? [];

    /// <summary>A list of <c>name</c> and <c>value</c>.</summary>
    public IReadOnlyDictionary<string, string> NamedTexts(string key)
    {
        var texts = new Dictionary<string, string>();
        foreach (var item in (node[key] as SequenceNode)?.Items.OfType<MappingNode>() ?? [])
        {
            if (item.TextOf("name") is { Length: > 0 } name)
            {
                texts[name] = item.TextOf("value") ?? "";
            }
        }

        return texts;
    }

    /// <summary>A text written in base64.</summary>
    public TextSource? Data(string key)
    {
        try
        {
            return Text(key) is { } text ? TextSource.Given(Encoding.UTF8.GetString(Convert.FromBase64String(text))) : null;
        }
        catch (FormatException)
        {
            throw Wrong(key, "must be base64");
        }
    }

    /// <summary>The file under <paramref name="key"/>.</summary>
    public TextSource? FileOf(string key)
    {
        if (Text(key) is not { } path)
        {
            return null;
        }

        return System.IO.File.Exists(PathOf(path)) ? TextSource.File(PathOf(path)) : throw Wrong(key, $"there is no file {PathOf(path)}");
    }

    /// <summary>A path as seen from the kubeconfig.</summary>
    public string PathOf(string path) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, path);

    public void Refuse(string key, string why)
    {
        if (node[key] is not null)
        {
            throw Wrong(key, why);
        }
    }

    public ConfigurationException Wrong(string key, string why) => new($"{file}: {FieldOf(key)}: {why}");

    private string FieldOf(string key) => place.Length == 0 ? key : $"{place}.{key}";
}
