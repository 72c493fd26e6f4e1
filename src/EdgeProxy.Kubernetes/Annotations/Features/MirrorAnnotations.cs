using System.Collections.Immutable;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Kubernetes.Annotations.Features;

/// <summary>Mirror.</summary>
internal sealed class MirrorAnnotations : AnnotationFeature
{
    private const string RequestUri = "$request_uri";

    /// <inheritdoc />
    public override string Title => "Mirror";

    /// <inheritdoc />
    public override ImmutableArray<AnnotationSpec> Annotations { get; } =
    [
        new("mirror-target", "URL with $request_uri", "copy of every request to the target, answer ignored") { Support = AnnotationSupport.Differs, Note = "of variables only $request_uri at the end; copies are left out while 64 are under way, and of bodies above 1 MiB; https targets need a certificate that the system trusts" },
        new("mirror-request-body", "on (default), off", "copy the body too"),
        new("mirror-host", "host", "Host of the copy"),
    ];

    /// <inheritdoc />
    public override void Read(AnnotationReader reader)
    {
        if (reader.Text("mirror-target") is not { } target)
        {
            return;
        }

        var addsRequestUri = target.EndsWith(RequestUri, StringComparison.Ordinal);
        var url = addsRequestUri ? target[..^RequestUri.Length] : target;
        if (url.AsSpan().ContainsAnyExceptInRange('!', '~')
            || url.Contains('$', StringComparison.Ordinal)
            || !Uri.TryCreate(url, UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.UserInfo.Length > 0
            || (addsRequestUri && uri.PathAndQuery is not "/"))
        {
            reader.Invalid("mirror-target", target, "must be an http or https URL, or scheme://host with $request_uri behind it");
            return;
        }

        var host = reader.Text("mirror-host");
        if (host is not null && !FieldText.IsHost(host))
        {
            reader.Invalid("mirror-host", host, "must be a host");
            host = null;
        }

        reader.Forwarding = reader.Forwarding with
        {
            Mirror = new MirrorPolicy(
                addsRequestUri ? url.TrimEnd('/') : url, addsRequestUri, host ?? uri.Authority, reader.OnOff("mirror-request-body") ?? true),
        };
    }
}
