namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>Where an API server is, how it is recognised, and who we are there.</summary>
public sealed class ApiConnection
{
    /// <summary>The server, with a path where it has a prefix. https, or http for a local proxy.</summary>
    public required Uri Server { get; init; }

    /// <summary>The name its certificate must have; null: the host of <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The namespace of the kubeconfig's context, or that of the pod; null when neither says one.</summary>
    public string? Namespace { get; init; }

    /// <summary>Which certificates of the server are believed.</summary>
    internal CertificateAuthority Authority { get; init; } = CertificateAuthority.System;

    /// <summary>Who we are.</summary>
    internal ApiCredentials Credentials { get; init; } = new StoredCredentials(TimeProvider.System);
}
