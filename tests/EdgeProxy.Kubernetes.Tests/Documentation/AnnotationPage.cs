using System.Text;
using EdgeProxy.Kubernetes.Annotations;
using EdgeProxy.Kubernetes.Configuration;

namespace EdgeProxy.Kubernetes.Tests.Documentation;

/// <summary>docs/annotations.md, made from the tables by which annotations and keys are read.</summary>
internal static class AnnotationPage
{
    public static string Write()
    {
        var specs = AnnotationCatalog.Features.SelectMany(feature => feature.Annotations).ToList();
        var page = new StringBuilder();
        page.Append(
            $"""
            # Annotations and ConfigMap keys

            Every annotation of ingress-nginx v1.15, made from the table by which they are read. Write them with `nginx.ingress.kubernetes.io/` or
            `edgeproxy.io/` in front. Of {specs.Count} names {Count(specs, AnnotationSupport.Honoured)} mean here what they mean there, {Count(specs, AnnotationSupport.Differs)} differ as said,
            {Count(specs, AnnotationSupport.NoEffect)} are accepted and have nothing to do, and {Count(specs, AnnotationSupport.Unsupported)} are not supported.

            A value that cannot be used counts as absent, and `edgeproxy check` says so. Where **closes** stands, the Ingress answers 503 instead: the annotation
            restricts access, and an Ingress must never be more open than it was meant to be.


            """);
        foreach (var feature in AnnotationCatalog.Features)
        {
            page.Append($"## {feature.Title}\n\n| annotation | value, default | effect | here |\n|---|---|---|---|\n");
            foreach (var spec in feature.Annotations)
            {
                var alias = spec.Alias is { } old ? $", `{old}`" : "";
                var key = spec.HasConfigKey ? " (also a ConfigMap key)" : "";
                page.Append($"| `{spec.Name}`{alias} | {Cell(spec.Value)}{key} | {Cell(spec.Effect)} | {Here(spec.Support, spec.Note, spec.Restricts)} |\n");
            }

            page.Append('\n');
        }

        page.Append("# Keys of the ConfigMap\n\nBesides those above that are also keys. Keys that only tune nginx are accepted and reported once.\n\n");
        foreach (var (title, keys) in ConfigurationCatalog.Chapters)
        {
            page.Append($"## {title}\n\n| key | value, default | effect | here |\n|---|---|---|---|\n");
            foreach (var key in keys)
            {
                page.Append($"| `{key.Name}` | {Cell(key.Value)} | {Cell(key.Effect)} | {Here(key.Support, key.Note, restricts: false)} |\n");
            }

            page.Append('\n');
        }

        return page.ToString().TrimEnd('\n') + "\n";
    }

    private static int Count(List<AnnotationSpec> specs, AnnotationSupport support) => specs.Count(spec => spec.Support == support);

    private static string Here(AnnotationSupport support, string? note, bool restricts)
    {
        var word = support switch
        {
            AnnotationSupport.Honoured => "yes",
            AnnotationSupport.Differs => "differs",
            AnnotationSupport.NoEffect => "no effect",
            _ => restricts ? "**closes**" : "not supported",
        };
        var bad = restricts && support is AnnotationSupport.Honoured or AnnotationSupport.Differs ? "; a bad value **closes**" : "";
        return note is null ? word + bad : $"{word}: {Cell(note)}{bad}";
    }

    private static string Cell(string text) => text.Length == 0 ? "–" : text.Replace("|", "\\|", StringComparison.Ordinal);
}
