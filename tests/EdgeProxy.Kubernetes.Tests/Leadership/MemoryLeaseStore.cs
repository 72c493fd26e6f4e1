using System.Globalization;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Leadership;

namespace EdgeProxy.Kubernetes.Tests.Leadership;

/// <summary>A Lease in memory, as several replicas see it: each through a view that can be cut off.</summary>
internal sealed class MemoryLease
{
    private int _version;

    public StoredLease? Stored { get; set; }

    public View Look() => new(this);

    internal sealed class View(MemoryLease lease) : ILeaseStore
    {
        /// <summary>Nothing gets through.</summary>
        public bool IsCut { get; set; }

        /// <summary>Writes get through, their answers do not.</summary>
        public bool LosesAnswers { get; set; }

        public Task<StoredLease?> ReadAsync(CancellationToken cancellationToken) => IsCut ? throw Unreachable() : Task.FromResult(lease.Stored);

        public Task<StoredLease?> WriteAsync(LeaseRecord record, StoredLease? current, CancellationToken cancellationToken)
        {
            if (IsCut)
            {
                throw Unreachable();
            }

            if (current?.ResourceVersion != lease.Stored?.ResourceVersion)
            {
                return Task.FromResult<StoredLease?>(null);
            }

            lease.Stored = new StoredLease(record, (++lease._version).ToString(CultureInfo.InvariantCulture));
            return LosesAnswers ? throw Unreachable() : Task.FromResult<StoredLease?>(lease.Stored);
        }

        private static ApiException Unreachable() => new(0, ApiException.Unreachable, "cut off by the test", "GET", "/lease");
    }
}
