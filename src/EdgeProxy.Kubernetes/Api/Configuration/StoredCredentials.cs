namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>
/// Credentials that stand in the kubeconfig or in files, as those a pod is given, which are replaced before they expire. Files are read again
/// at most every minute, and after a refusal.
/// </summary>
internal sealed class StoredCredentials(TimeProvider time) : ApiCredentials
{
    private static readonly TimeSpan ReadEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new(); // guards what was read last
    private ApiCredential? _last;
    private long _readAt;
    private bool _isCurrent;

    public TextSource? Token { get; init; }

    public TextSource? CertificateChain { get; init; }

    public TextSource? CertificateKey { get; init; }

    public override ValueTask<ApiCredential> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_last is null || !_isCurrent || time.GetElapsedTime(_readAt) >= ReadEvery)
            {
                _last = Read();
                _readAt = time.GetTimestamp();
                _isCurrent = true;
            }

            return ValueTask.FromResult(_last);
        }
    }

    public override void Forget()
    {
        lock (_lock)
        {
            _isCurrent = false;
        }
    }

    private ApiCredential Read()
    {
        try
        {
            return new ApiCredential(Token?.Read().Trim(), ClientCertificate.Follow(_last?.Certificate, CertificateChain?.Read(), CertificateKey?.Read()));
        }
        catch (ConfigurationException) when (_last is not null)
        {
            // A file that is just being replaced: the old content is good until the server says otherwise.
            return _last;
        }
    }
}
