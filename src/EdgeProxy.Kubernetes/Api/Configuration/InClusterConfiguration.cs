namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>What a pod is given to reach the API server of its cluster. Token and CA are read again as they are replaced.</summary>
public static class InClusterConfiguration
{
    private const string Folder = "/var/run/secrets/kubernetes.io/serviceaccount";
    private const string HostVariable = "KUBERNETES_SERVICE_HOST";
    private const string PortVariable = "KUBERNETES_SERVICE_PORT";

    /// <summary>True in a pod with a service account.</summary>
    public static bool IsPresent(Func<string, string?> environment) =>
        !string.IsNullOrEmpty(environment(HostVariable)) && !string.IsNullOrEmpty(environment(PortVariable)) && File.Exists(Path.Combine(Folder, "token"));

    /// <summary>The connection.</summary>
    /// <exception cref="ConfigurationException">This is not a pod with a service account.</exception>
    public static ApiConnection Load(Func<string, string?> environment, TimeProvider time) => Load(environment, Folder, time);

    internal static ApiConnection Load(Func<string, string?> environment, string folder, TimeProvider time)
    {
        var host = environment(HostVariable);
        var port = environment(PortVariable);
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new ConfigurationException($"{HostVariable} and {PortVariable} are not set: this is not a pod");
        }

        var token = Path.Combine(folder, "token");
        if (!File.Exists(token))
        {
            throw new ConfigurationException($"{token} is not there: the pod has no service account token (automountServiceAccountToken)");
        }

        var name = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        if (!Uri.TryCreate($"https://{name}:{port}", UriKind.Absolute, out var server))
        {
            throw new ConfigurationException($"{HostVariable} and {PortVariable} are not a host and a port");
        }

        var ownNamespace = Path.Combine(folder, "namespace");
        return new ApiConnection
        {
            Server = server,
            Authority = CertificateAuthority.Of(TextSource.File(Path.Combine(folder, "ca.crt"))),
            Credentials = new StoredCredentials(time) { Token = TextSource.File(token) },
            Namespace = File.Exists(ownNamespace) ? File.ReadAllText(ownNamespace).Trim() : null,
        };
    }
}
