namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>Who we are to the API server. Thread-safe.</summary>
internal abstract class ApiCredentials
{
    /// <summary>What to present now.</summary>
    /// <exception cref="ConfigurationException">There is nothing to present.</exception>
    public abstract ValueTask<ApiCredential> GetAsync(CancellationToken cancellationToken);

    /// <summary>The server refused what was presented: find out anew next time.</summary>
    public abstract void Forget();
}

/// <summary>A bearer token, a client certificate, both or neither. Not a record, whose text would show the token.</summary>
internal sealed class ApiCredential(string? token, ClientCertificate? certificate)
{
    public string? Token { get; } = token;

    public ClientCertificate? Certificate { get; } = certificate;
}
