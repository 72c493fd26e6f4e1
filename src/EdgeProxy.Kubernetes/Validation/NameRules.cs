namespace EdgeProxy.Kubernetes.Validation;

/// <summary>The name grammars of apimachinery's <c>util/validation</c>; each rule yields one message for every way a value breaks it.</summary>
internal static class NameRules
{
    public const string PortNumberMessage = "must be between 1 and 65535, inclusive";

    private const string LabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string SubdomainPattern = LabelPattern + @"(\." + LabelPattern + ")*";
    private const string QualifiedPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

    /// <summary>RFC 1123 label: port names, namespaces, hostnames.</summary>
    public static IEnumerable<string> Label(string value)
    {
        if (value.Length > 63)
        {
            yield return TooLong(63);
        }

        if (!IsLabel(value))
        {
            yield return "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
                + $"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LabelPattern}')";
        }
    }

    /// <summary>RFC 1123 subdomain: names of most objects, hosts.</summary>
    public static IEnumerable<string> Subdomain(string value)
    {
        if (value.Length > 253)
        {
            yield return TooLong(253);
        }

        if (!IsSubdomain(value))
        {
            yield return "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
                + $"with an alphanumeric character (e.g. 'example.com', regex used for validation is '{SubdomainPattern}')";
        }
    }

    /// <summary><c>*.</c> and a subdomain.</summary>
    public static IEnumerable<string> WildcardSubdomain(string value)
    {
        if (value.Length > 253)
        {
            yield return TooLong(253);
        }

        if (!value.StartsWith("*.", StringComparison.Ordinal) || !IsSubdomain(value.AsSpan(2)))
        {
            yield return "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case "
                + "alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for "
                + $@"validation is '\*\.{SubdomainPattern}')";
        }
    }

    /// <summary>IANA_SVC_NAME (RFC 6335 §5.1): names of container ports.</summary>
    public static IEnumerable<string> PortName(string value)
    {
        if (value.Length > 15)
        {
            yield return TooLong(15);
        }

        if (!value.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-'))
        {
            yield return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        }

        // The API server says "letter or number" but asks for a letter (checked on 1.20: "80" is refused with these words).
        if (!value.Any(char.IsAsciiLetterLower))
        {
            yield return "must contain at least one letter or number (a-z, 0-9)";
        }

        if (value.Contains("--", StringComparison.Ordinal))
        {
            yield return "must not contain consecutive hyphens";
        }

        if (value.StartsWith('-') || value.EndsWith('-'))
        {
            yield return "must not begin or end with a hyphen";
        }
    }

    /// <summary>Optional DNS prefix and slash, then a name: label keys, annotation keys, application protocols.</summary>
    public static IEnumerable<string> QualifiedName(string value)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        var name = slash < 0 ? value : value[(slash + 1)..];
        if (slash >= 0)
        {
            if (name.Contains('/', StringComparison.Ordinal))
            {
                yield return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
                    + $"character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{QualifiedPattern}') with an "
                    + "optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
                yield break;
            }

            if (slash == 0)
            {
                yield return "prefix part must be non-empty";
            }
            else
            {
                foreach (var message in Subdomain(value[..slash]))
                {
                    yield return "prefix part " + message;
                }
            }
        }

        if (name.Length == 0)
        {
            yield return "name part must be non-empty";
        }
        else if (name.Length > 63)
        {
            yield return "name part " + TooLong(63);
        }

        if (!IsQualifiedPart(name))
        {
            yield return "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
                + $"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{QualifiedPattern}')";
        }
    }

    /// <summary>Label value; may be empty.</summary>
    public static IEnumerable<string> LabelValue(string value)
    {
        if (value.Length > 63)
        {
            yield return TooLong(63);
        }

        if (value.Length > 0 && !IsQualifiedPart(value))
        {
            yield return "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
                + $"alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '({QualifiedPattern})?')";
        }
    }

    /// <summary>Key of a Secret or ConfigMap: a file name without tricks.</summary>
    public static IEnumerable<string> ConfigKey(string value)
    {
        if (value.Length > 253)
        {
            yield return TooLong(253);
        }

        if (value.Length == 0 || !value.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.'))
        {
            yield return "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', "
                + "regex used for validation is '[-._a-zA-Z0-9]+')";
        }

        if (value is "." or "..")
        {
            yield return $"must not be '{value}'";
        }
        else if (value.StartsWith("..", StringComparison.Ordinal))
        {
            yield return "must not start with '..'";
        }
    }

    private static string TooLong(int limit) => $"must be no more than {limit} characters";

    private static bool IsLabel(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty || value[0] == '-' || value[^1] == '-')
        {
            return false;
        }

        foreach (var character in value)
        {
            if (!char.IsAsciiLetterLower(character) && !char.IsAsciiDigit(character) && character != '-')
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSubdomain(ReadOnlySpan<char> value)
    {
        foreach (var part in value.Split('.'))
        {
            if (!IsLabel(value[part]))
            {
                return false;
            }
        }

        return !value.IsEmpty;
    }

    private static bool IsQualifiedPart(string value) =>
        value.Length > 0
        && char.IsAsciiLetterOrDigit(value[0])
        && char.IsAsciiLetterOrDigit(value[^1])
        && value.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');
}
