using System.Collections.Immutable;
using System.Security.Authentication;
using EdgeProxy.Model.Certificates;

namespace EdgeProxy.Model.Policies;

/// <summary>
/// What an Ingress asks of the hosts it has rules for, whoever else has rules there: one member a feature, and for each the oldest Ingress of a
/// host that asks wins. Immutable.
/// </summary>
public sealed record HostPolicies
{
    /// <summary>Nothing is asked.</summary>
    public static HostPolicies None { get; } = new();

    /// <summary>Annotation app-root: a request for exactly <c>/</c> is sent to this path (302). Null: not asked.</summary>
    public string? AppRoot { get; init; }

    /// <summary>Annotation server-alias: further names under which the host is served, lower case, <c>*.</c> for one label. Null: not asked.</summary>
    public ImmutableArray<string>? Aliases { get; init; }

    /// <summary>Annotation from-to-www-redirect: the same name with or without <c>www.</c> in front is redirected to the host.</summary>
    public bool RedirectsWww { get; init; }

    /// <summary>Annotation ssl-passthrough: TLS is not ended here, but relayed to the Service of the host's path <c>/</c>.</summary>
    public bool SslPassthrough { get; init; }

    /// <summary>Annotation ssl-ciphers: what TLS 1.2 may use. Null: not asked.</summary>
    public CipherList? Ciphers { get; init; }

    /// <summary>Annotation ssl-protocols: the versions of TLS. Null: those of all hosts.</summary>
    public SslProtocols? Protocols { get; init; }

    /// <summary>Annotations auth-tls-*: clients show a certificate. Null: not asked.</summary>
    public ClientCertificatePolicy? ClientCertificates { get; init; }

    /// <summary>What a request has to do with; handshakes are decided before there is one. Equal to <see cref="None"/> when there is nothing.</summary>
    internal HostPolicies OfRequests => this with { SslPassthrough = false, Ciphers = null, Protocols = null };

    /// <summary>Fills what is null here from a younger Ingress.</summary>
    public HostPolicies Or(HostPolicies younger) => new()
    {
        AppRoot = AppRoot ?? younger.AppRoot,
        Aliases = Aliases ?? younger.Aliases,
        RedirectsWww = RedirectsWww || younger.RedirectsWww,
        SslPassthrough = SslPassthrough || younger.SslPassthrough,
        Ciphers = Ciphers ?? younger.Ciphers,
        Protocols = Protocols ?? younger.Protocols,
        ClientCertificates = ClientCertificates ?? younger.ClientCertificates,
    };
}
