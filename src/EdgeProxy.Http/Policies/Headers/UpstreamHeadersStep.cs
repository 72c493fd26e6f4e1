using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Policies.Headers;

/// <summary>The request headers of translated snippets.</summary>
internal sealed class UpstreamHeadersStep(ImmutableArray<HeaderEdit> edits) : IUpstreamStep
{
    /// <inheritdoc />
    public void Apply(Exchange exchange, HttpRequestMessage upstream)
    {
        foreach (var edit in edits)
        {
            upstream.SetHeader(edit.Name, edit.Value is { } value ? TemplateText.AsHeader(value, exchange) : "");
        }
    }
}
