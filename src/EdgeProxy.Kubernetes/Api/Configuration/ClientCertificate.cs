using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>A client certificate with its key and the intermediates that go with it.</summary>
internal sealed class ClientCertificate
{
    private readonly string _chainPem;
    private readonly string _keyPem;

    /// <exception cref="ConfigurationException">Not PEM, or key and certificate do not belong together.</exception>
    public ClientCertificate(string chainPem, string keyPem)
    {
        _chainPem = chainPem;
        _keyPem = keyPem;
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(chainPem);

            // Offline: no intermediate is fetched from anywhere on the word of a file.
            Context = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(chainPem, keyPem), chain, offline: true);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            // The exception's text may quote what it could not read.
            throw new ConfigurationException("the client certificate and its key cannot be read as PEM, or do not belong together");
        }
    }

    public SslStreamCertificateContext Context { get; }

    /// <summary>The same certificate keeps its instance, and with it its connections.</summary>
    public static ClientCertificate? Follow(ClientCertificate? last, string? chainPem, string? keyPem)
    {
        if (chainPem is null || keyPem is null)
        {
            return null;
        }

        return last is not null && last._chainPem == chainPem && last._keyPem == keyPem ? last : new ClientCertificate(chainPem, keyPem);
    }
}
