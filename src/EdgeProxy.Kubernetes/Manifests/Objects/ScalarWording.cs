using System.Globalization;
using EdgeProxy.Kubernetes.Manifests.Syntax;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>Says what is wrong with a value, near the API server's words. A Secret's values are never quoted.</summary>
internal sealed class ScalarWording(bool isSecret)
{
    private const int LongestQuotation = 64;

    /// <summary>The value does not have the form the field needs.</summary>
    public string Invalid(ManifestNode node, ShapeKind wanted)
    {
        var must = wanted switch
        {
            ShapeKind.Object or ShapeKind.Map => "must be an object",
            ShapeKind.List => "must be a list",
            ShapeKind.String => "must be a string",
            ShapeKind.Integer => "must be an integer",
            ShapeKind.Boolean => "must be a boolean",
            ShapeKind.IntOrString => "must be an integer or a string",
            ShapeKind.Base64 => "must be a base64 string",
            _ => "must be a date and time such as 2006-01-02T15:04:05Z",
        };
        return $"Invalid value: {Quote(node)}{must}{Advice(node, wanted)}";
    }

    /// <summary>The number does not fit the API's int32.</summary>
    public string OutOfRange(ScalarNode scalar) =>
        $"Invalid value: {Quote(scalar)}must be an integer between {int.MinValue} and {int.MaxValue}";

    private static string Advice(ManifestNode node, ShapeKind wanted) => (wanted, node) switch
    {
        (ShapeKind.String, ScalarNode { Type: not ScalarType.String }) => "; write it in quotes",
        (ShapeKind.Integer, ScalarNode { Type: ScalarType.String } text) when int.TryParse(text.Value, CultureInfo.InvariantCulture, out _) =>
            "; write it without quotes",
        _ => "",
    };

    private string Quote(ManifestNode node)
    {
        if (isSecret)
        {
            return "";
        }

        return node switch
        {
            ScalarNode { Type: ScalarType.String } text => $"\"{Shorten(text.Value)}\": ",
            ScalarNode scalar => $"{Shorten(scalar.Written)}: ",
            MappingNode => "an object: ",
            _ => "a list: ",
        };
    }

    private static string Shorten(string text)
    {
        var line = text.ReplaceLineEndings("\\n");
        return line.Length <= LongestQuotation ? line : $"{line[..LongestQuotation]}…";
    }
}
