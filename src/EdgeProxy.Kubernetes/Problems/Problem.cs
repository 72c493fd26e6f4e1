using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Problems;

/// <summary>How much a problem costs the user.</summary>
public enum ProblemSeverity
{
    /// <summary>Worth knowing; nothing is lost. <c>edgeproxy check</c> still exits 0.</summary>
    Note,

    /// <summary>The object is served, but probably not as meant.</summary>
    Warning,

    /// <summary>The object, or the named part of it, is not served.</summary>
    Error,
}

/// <summary>One thing wrong with one object or file, in words that let the user mend it.</summary>
/// <param name="Severity">What it costs.</param>
/// <param name="Kind">The object's kind; null when the file itself is the problem.</param>
/// <param name="Object">The object's name; null when the file itself is the problem.</param>
/// <param name="Field">Path of the field as the API writes it, such as <c>spec.ports[0].nodePort</c>; null for the whole object.</param>
/// <param name="Message">What is wrong, in the API server's wording where it has one. Never a secret's content.</param>
/// <param name="Location">Where it stands; null for objects that came from an API server.</param>
public sealed record Problem(
    ProblemSeverity Severity, string? Kind, NamespacedName? Object, string? Field, string Message, SourceLocation? Location)
{
    /// <summary>What sort of problem it is. Default: none of those with a name.</summary>
    public ProblemReason Reason { get; init; }

    /// <summary><c>file:line:column: severity: Kind ns/name field: message</c>, leaving out what is not known.</summary>
    public override string ToString()
    {
        var subject = string.Join(' ', new[] { Kind, Object?.ToString(), Field }.Where(part => !string.IsNullOrEmpty(part)));
        var place = Location is { } at ? $"{at}: " : "";
        var severity = Severity switch { ProblemSeverity.Error => "error", ProblemSeverity.Warning => "warning", _ => "note" };
        return subject.Length == 0 ? $"{place}{severity}: {Message}" : $"{place}{severity}: {subject}: {Message}";
    }
}
