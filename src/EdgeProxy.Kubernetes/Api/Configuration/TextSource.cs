namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>A text that is given in place, or that stands in a file which may change.</summary>
internal sealed class TextSource
{
    private readonly string? _text;
    private readonly string? _path;

    private TextSource(string? text, string? path)
    {
        _text = text;
        _path = path;
    }

    public static TextSource Given(string text) => new(text, null);

    public static TextSource File(string path) => new(null, path);

    /// <summary>The text as it is now.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read.</exception>
    public string Read()
    {
        try
        {
            return _text ?? System.IO.File.ReadAllText(_path!);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{_path} cannot be read: {error.Message}", error);
        }
    }
}
