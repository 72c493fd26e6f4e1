namespace EdgeProxy.Kubernetes.Api;

/// <summary>The API server does not answer, or not with what it has.</summary>
/// <param name="Since">Since when.</param>
/// <param name="Why">The latest reason.</param>
public sealed record ApiOutage(DateTimeOffset Since, string Why)
{
    /// <inheritdoc />
    public override string ToString() => $"the API server cannot be used since {Since:yyyy-MM-ddTHH:mm:ssZ} ({Why})";
}
