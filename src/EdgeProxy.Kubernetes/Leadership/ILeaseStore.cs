using EdgeProxy.Kubernetes.Api;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>Where the Lease is kept.</summary>
internal interface ILeaseStore
{
    /// <summary>The Lease; null when there is none.</summary>
    /// <exception cref="ApiException">It cannot be read.</exception>
    Task<StoredLease?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Writes over <paramref name="current"/>, or makes the Lease when that is null. Null when somebody else was faster.</summary>
    /// <exception cref="ApiException">It cannot be written.</exception>
    Task<StoredLease?> WriteAsync(LeaseRecord record, StoredLease? current, CancellationToken cancellationToken);
}
