using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Annotations.Snippets;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>
/// Snippets: recognised and reported, never executed. One that keeps people out closes the Ingress. With
/// <see cref="Translation.TranslationOptions.TranslateSnippets"/> those made of harmless directives only are honoured.
/// </summary>
internal sealed class SnippetAnnotations : AnnotationFeature
{
    /// <inheritdoc />
    public override string Title => "Snippets";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("configuration-snippet", "nginx config", "location block; in practice: response headers, request headers, if … return, rewrites, sub-path blocks")
        {
            Support = AnnotationSupport.Unsupported,
            Note = "nothing of a snippet is executed; --translate-snippets honours more_set_headers, more_clear_headers, add_header, proxy_set_header, "
                + "proxy_hide_header and an unconditional return, when the snippet has nothing else. A directive that keeps people out closes the Ingress",
        },
        new("server-snippet", "nginx config", "server block, once per host; in practice: redirects, blocking paths or agents")
        {
            Support = AnnotationSupport.Unsupported,
            Note = "as configuration-snippet; with --translate-snippets it holds for the paths of its Ingress, not for the whole host",
        },
        new("stream-snippet", "nginx config", "stream block (extra TCP listeners)")
        {
            Support = AnnotationSupport.Unsupported,
            Note = "nothing of a snippet is executed; a Service of type LoadBalancer or NodePort opens a TCP port",
        },
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        Read(reader, "server-snippet");
        Read(reader, "configuration-snippet");
    }

    private static void Read(AnnotationReader reader, string name)
    {
        if (reader.Text(name) is not { } text)
        {
            return;
        }

        var directives = NginxSnippet.Parse(text);
        var culprit = "";
        if (reader.TranslatesSnippets && SnippetTranslation.Of(directives, out culprit) is { } translation)
        {
            Apply(reader, translation);
            reader.Honour(name, "translated: headers and return are honoured, nothing is executed");
        }
        else if (directives.FirstOrDefault(SnippetTranslation.Restricts) is { } restricting)
        {
            reader.Close(name, $"the snippet restricts access ({restricting.Name}), and snippets are not executed");
        }
        else if (reader.TranslatesSnippets)
        {
            reader.Note(name, $"nothing of the snippet is honoured: \"{culprit}\" is not translated");
        }
    }

    private static void Apply(AnnotationReader reader, SnippetTranslation translation)
    {
        var route = reader.Route;
        reader.Route = route with
        {
            Return = translation.Return ?? route.Return,
            UpstreamHost = translation.UpstreamHost ?? route.UpstreamHost,
            RequestHeaders = Joined(route.RequestHeaders, translation.Request),
            ResponseHeaders = Joined(route.ResponseHeaders, translation.Response),
        };
    }

    private static ImmutableArray<Model.Policies.HeaderEdit>? Joined(
        ImmutableArray<Model.Policies.HeaderEdit>? first, ImmutableArray<Model.Policies.HeaderEdit> second) =>
        second.IsEmpty ? first : [.. first ?? [], .. second];
}
