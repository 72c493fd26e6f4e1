using System.Net;
using System.Text.Json;
using EdgeProxy.Kubernetes.Api;

namespace EdgeProxy.Kubernetes.Leadership;

/// <summary>The Lease as an object of the API server.</summary>
internal sealed class ApiLeaseStore(ApiClient api, LeaderElectionOptions options) : ILeaseStore
{
    /// <summary>Annotations to write with each renewal; null: none.</summary>
    public Func<Dictionary<string, string>>? Annotations { get; init; }

    private string Collection => $"/apis/coordination.k8s.io/v1/namespaces/{options.Lease.Namespace}/leases";

    public async Task<StoredLease?> ReadAsync(CancellationToken cancellationToken)
    {
        using var response = await api.SendAsync(Request(HttpMethod.Get, $"{Collection}/{options.Lease.Name}"), cancellationToken);
        return response.Status == (int)HttpStatusCode.NotFound ? null : await StoredAsync(response, cancellationToken);
    }

    public async Task<StoredLease?> WriteAsync(LeaseRecord record, StoredLease? current, CancellationToken cancellationToken)
    {
        var document = new LeaseDocument
        {
            ApiVersion = "coordination.k8s.io/v1",
            Kind = "Lease",
            Metadata = new() { Name = options.Lease.Name, ResourceVersion = current?.ResourceVersion, Annotations = Annotations?.Invoke() },
            Spec = LeaseSpec.Of(record),
        };
        var body = JsonSerializer.SerializeToUtf8Bytes(document, LeaseJson.Default.LeaseDocument);

        // A merge patch leaves labels and owners alone that somebody gave the Lease; with the version in it, it is as safe as a PUT.
        var request = current is null
            ? Request(HttpMethod.Post, Collection) with { Body = body }
            : Request(HttpMethod.Patch, $"{Collection}/{options.Lease.Name}") with { Body = body, ContentType = "application/merge-patch+json" };
        using var response = await api.SendAsync(request, cancellationToken);
        return response.Status == (int)HttpStatusCode.Conflict ? null : await StoredAsync(response, cancellationToken);
    }

    private static async Task<StoredLease> StoredAsync(ApiResponse response, CancellationToken cancellationToken)
    {
        response.EnsureSuccess();
        var text = await response.ReadAsync(cancellationToken);
        var lease = JsonSerializer.Deserialize(text.Span, LeaseJson.Default.LeaseDocument)!;
        return new StoredLease(lease.Spec.ToRecord(), lease.Metadata.ResourceVersion ?? "");
    }

    private ApiRequest Request(HttpMethod method, string path) => new(method, path) { Timeout = options.RequestTimeout ?? options.WriteTimeout };
}
