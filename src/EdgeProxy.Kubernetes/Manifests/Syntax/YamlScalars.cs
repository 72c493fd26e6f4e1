using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace EdgeProxy.Kubernetes.Manifests.Syntax;

/// <summary>
/// Gives plain scalars the type Kubernetes gives them: the rules of its YAML library (sigs.k8s.io/yaml, goyaml.v2 <c>resolve</c>),
/// which are YAML 1.1's. So <c>yes</c> and <c>on</c> are booleans, <c>010</c> is 8, <c>1e3</c> is a number, and dates are strings.
/// </summary>
internal static partial class YamlScalars
{
    private const string TagPrefix = "tag:yaml.org,2002:";

    /// <summary>A scalar without quotes and without a tag.</summary>
    public static ScalarNode Plain(TextPosition position, string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return new ScalarNode(position, ScalarType.Null, "", text);
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return new ScalarNode(position, ScalarType.Boolean, "true", text);
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return new ScalarNode(position, ScalarType.Boolean, "false", text);
            case ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF":
                return new ScalarNode(position, ScalarType.Float, text, text);
        }

        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('+' or '-' or '.'))
        {
            return Quoted(position, text);
        }

        return Number(position, text) ?? Quoted(position, text);
    }

    /// <summary>A quoted or block scalar: always a string.</summary>
    public static ScalarNode Quoted(TextPosition position, string text) => new(position, ScalarType.String, text, text);

    /// <summary>A scalar with an explicit tag. Tags other than YAML's own leave a string, as they do in Kubernetes.</summary>
    public static ScalarNode Tagged(TextPosition position, string text, string tag)
    {
        var wanted = tag.StartsWith(TagPrefix, StringComparison.Ordinal) ? tag[TagPrefix.Length..] : "";
        var plain = Plain(position, text);
        var fits = wanted switch
        {
            "int" => plain.Type == ScalarType.Integer,
            "float" => plain.Type is ScalarType.Integer or ScalarType.Float,
            "bool" => plain.Type == ScalarType.Boolean,
            "null" => plain.Type == ScalarType.Null,
            _ => false,
        };
        return fits ? plain : Quoted(position, text);
    }

    private static ScalarNode? Number(TextPosition position, string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        if (TryInteger(digits, out var integer))
        {
            return new ScalarNode(position, ScalarType.Integer, integer.ToString(CultureInfo.InvariantCulture), text);
        }

        if (!FloatForm().IsMatch(digits) || !double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var real))
        {
            return null;
        }

        // 80.0 becomes JSON 80 on its way to the API server, and is then an integer.
        var whole = Math.Abs(real) < 1e15 && Math.Floor(real) == real;
        return whole
            ? new ScalarNode(position, ScalarType.Integer, ((long)real).ToString(CultureInfo.InvariantCulture), text)
            : new ScalarNode(position, ScalarType.Float, real.ToString("R", CultureInfo.InvariantCulture), text);
    }

    // Go's strconv.ParseInt with base 0: a prefix names the base, and so does a leading zero.
    private static bool TryInteger(string text, out BigInteger value)
    {
        value = default;
        var negative = text.StartsWith('-');
        var digits = text.AsSpan(negative || text.StartsWith('+') ? 1 : 0);
        var radix = 10;
        if (digits.Length > 1 && digits[0] == '0')
        {
            radix = char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'b' => 2, _ => 8 };
            digits = digits[(radix != 8 || char.ToLowerInvariant(digits[1]) == 'o' ? 2 : 1)..];
        }

        // Numbers this long fit no field, and their arithmetic would cost more than reading them.
        if (digits.IsEmpty || digits.Length > 100)
        {
            return false;
        }

        foreach (var digit in digits)
        {
            var worth = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : int.MaxValue;
            if (worth >= radix)
            {
                return false;
            }

            value = (value * radix) + worth;
        }

        value = negative ? -value : value;
        return true;
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FloatForm();
}
