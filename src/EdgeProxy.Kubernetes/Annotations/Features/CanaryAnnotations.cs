using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Canary.</summary>
internal sealed class CanaryAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Canary";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("canary", "bool", "this Ingress is an alternative for the same host+path+type of another; alone it serves nothing; its other annotations (except affinity, hash, load-balance) are ignored; one canary per rule"),
        new("canary-weight", "int 0..total", "share of undecided requests"),
        new("canary-weight-total", "int, 100", "denominator, never below 100"),
        new("canary-by-header", "name", "always / never decide, other values fall through"),
        new("canary-by-header-value", "string", "equal = canary, other values fall through (always/never lose their meaning)"),
        new("canary-by-header-pattern", "PCRE", "as value but regex; ignored when value is set; an invalid regex means main") { Support = AnnotationSupport.Differs, Note = "look-around and back-references are invalid" },
        new("canary-by-cookie", "name", "always / never decide, other values fall through"),
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        if (reader.Boolean("canary") is not true)
        {
            return;
        }

        var pattern = Pattern(reader, out var isBroken);
        reader.Canary = new CanaryPolicy
        {
            Header = Token(reader, "canary-by-header"),
            HeaderValue = reader.Text("canary-by-header-value"),
            HeaderPattern = pattern,
            IsPatternBroken = isBroken,
            Cookie = Token(reader, "canary-by-cookie"),
            Weight = reader.Integer("canary-weight", 0, int.MaxValue) ?? 0,
            WeightTotal = Math.Max(100, reader.Integer("canary-weight-total", 0, int.MaxValue) ?? 100),
            KeepsSide = reader.OneOf("affinity-canary-behavior", "sticky", "legacy") is not "legacy",
        };
    }

    private static Regex? Pattern(AnnotationReader reader, out bool isBroken)
    {
        isBroken = false;
        if (reader.Text("canary-by-header-pattern") is not { } text)
        {
            return null;
        }

        try
        {
            return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            isBroken = true;
            reader.Invalid("canary-by-header-pattern", text, "is not a regular expression that can be used; requests with the header go to the main backend");
            return null;
        }
    }

    private static string? Token(AnnotationReader reader, string name)
    {
        if (reader.Text(name) is not { } text || HeaderText.IsName(text))
        {
            return reader.Text(name);
        }

        reader.Invalid(name, text, "must be a name");
        return null;
    }
}
