using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace EdgeProxy.Kubernetes.Api.Configuration;

/// <summary>
/// Credentials from a plugin (client.authentication.k8s.io v1 and v1beta1): run when there are none, when they expire and after a refusal.
/// No shell is involved, the plugin cannot ask anybody anything, and it is killed when it takes too long.
/// </summary>
internal sealed class ExecCredentials(TimeProvider time) : ApiCredentials, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // Not used to the last second: the request still has to travel.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    // One run at a time; guards what it found.
    private readonly SemaphoreSlim _running = new(1);
    private ApiCredential? _last;
    private DateTimeOffset? _expires;
    private volatile bool _isCurrent;

    /// <summary>A program on the PATH, or the full path of one.</summary>
    public required string Command { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public required string ApiVersion { get; init; }

    /// <summary>What the kubeconfig says to somebody who has not got the plugin.</summary>
    public string? InstallHint { get; init; }

    /// <summary>What the plugin is told of the cluster, if it asks.</summary>
    public ExecCluster? Cluster { get; init; }

    public override async ValueTask<ApiCredential> GetAsync(CancellationToken cancellationToken)
    {
        await _running.WaitAsync(cancellationToken);
        try
        {
            if (_last is null || !_isCurrent || (_expires is { } expires && time.GetUtcNow() + Margin >= expires))
            {
                // Before the run: a refusal that comes during it speaks of what is about to be replaced.
                _isCurrent = true;
                _last = Read(await RunAsync(cancellationToken));
            }

            return _last;
        }
        catch
        {
            _isCurrent = false;
            throw;
        }
        finally
        {
            _running.Release();
        }
    }

    public override void Forget() => _isCurrent = false;

    public void Dispose() => _running.Dispose();

    private ApiCredential Read(byte[] output)
    {
        ExecCredentialStatus? status;
        try
        {
            status = JsonSerializer.Deserialize(output, ApiJson.Default.ExecCredential)?.Status;
        }
        catch (JsonException)
        {
            // The exception's text may quote the output.
            throw new ConfigurationException($"the output of the credential plugin {Command} is not an ExecCredential");
        }

        if (status is null || (string.IsNullOrEmpty(status.Token) && string.IsNullOrEmpty(status.ClientCertificateData)))
        {
            throw new ConfigurationException($"the credential plugin {Command} gave neither status.token nor status.clientCertificateData");
        }

        _expires = status.ExpirationTimestamp;
        return new ApiCredential(
            string.IsNullOrEmpty(status.Token) ? null : status.Token,
            ClientCertificate.Follow(_last?.Certificate, status.ClientCertificateData, status.ClientKeyData));
    }

    private async Task<byte[]> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var process = Start();
        try
        {
            // Standard error is the plugin's own talk with its user; it goes where ours goes.
            using var output = new MemoryStream();
            process.StandardInput.Close();
            await process.StandardOutput.BaseStream.CopyToAsync(output, either.Token);
            await process.WaitForExitAsync(either.Token);
            return process.ExitCode == 0
                ? output.ToArray()
                : throw new ConfigurationException($"the credential plugin {Command} ended with exit code {process.ExitCode}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            if (cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw new ConfigurationException($"the credential plugin {Command} did not answer within {Limit.TotalSeconds:0} s");
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(Command, Arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = JsonSerializer.Serialize(
            new ExecCredential { ApiVersion = ApiVersion, Kind = nameof(ExecCredential), Spec = new ExecCredentialSpec { Cluster = Cluster } },
            ApiJson.Default.ExecCredential);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            var hint = InstallHint is null ? "" : $" ({InstallHint.Trim()})";
            throw new ConfigurationException($"the credential plugin {Command} cannot be started: {error.Message}{hint}", error);
        }
    }
}
