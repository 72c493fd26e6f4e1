namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>client.authentication.k8s.io ExecCredential: what a plugin is told, and what it answers.</summary>
internal sealed class ExecCredential
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public ExecCredentialSpec? Spec { get; set; }

    public ExecCredentialStatus? Status { get; set; }
}

/// <summary>What a plugin is told.</summary>
internal sealed class ExecCredentialSpec
{
    public bool Interactive { get; set; }

    public ExecCluster? Cluster { get; set; }
}

/// <summary>The cluster of the context, for plugins that ask for it (<c>provideClusterInfo</c>).</summary>
internal sealed class ExecCluster
{
    public string? Server { get; set; }

    public string? TlsServerName { get; set; }

    public bool? InsecureSkipTlsVerify { get; set; }

    public string? CertificateAuthorityData { get; set; }
}

/// <summary>What a plugin answers.</summary>
internal sealed class ExecCredentialStatus
{
    public DateTimeOffset? ExpirationTimestamp { get; set; }

    public string? Token { get; set; }

    public string? ClientCertificateData { get; set; }

    public string? ClientKeyData { get; set; }
}
