namespace EdgeProxy.Kubernetes.Api;

/// <summary>Which Secrets are read and kept.</summary>
public enum SecretSelection
{
    /// <summary>All are watched, those that are named by an Ingress of ours, or as default certificate, are kept.</summary>
    Referenced,

    /// <summary>All are kept.</summary>
    All,

    /// <summary>None is read: every host has the certificate made at start.</summary>
    None,
}
