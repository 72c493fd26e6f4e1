namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>
/// A kubeconfig, what a pod is given, or a credential plugin cannot be used, or not just now. The message names file and field, and never
/// quotes a value that may be secret.
/// </summary>
#pragma warning disable CA1032 // Without a message it would say nothing.
public sealed class ConfigurationException : Exception
#pragma warning restore CA1032
{
    internal ConfigurationException(string message)
        : base(message)
    {
    }

    internal ConfigurationException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
