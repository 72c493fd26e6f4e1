using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Serialization.Metadata;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Status;

/// <summary>Finds out where clients reach us. Asks the API server; nothing of it is watched.</summary>
internal sealed class AddressSource(ApiClient api, ClusterWriterOptions options)
{
    /// <summary>
    /// In order: the addresses that were given, those of the published Service, those of the nodes with ready replicas, those of our own node.
    /// Null when that cannot be said now, which is no reason to take anything back.
    /// </summary>
    /// <exception cref="ApiException">The API server cannot be asked, or says no.</exception>
    public async Task<ImmutableArray<StatusAddress>?> FindAsync(CancellationToken cancellationToken)
    {
        if (!options.PublishStatusAddresses.IsEmpty)
        {
            return StatusAddress.List(options.PublishStatusAddresses.Select(StatusAddress.Of));
        }

        if (options.PublishService is { } name)
        {
            var service = await FindAsync($"/api/v1/namespaces/{name.Namespace}/services/{name.Name}", ResourceJson.Default.Service, cancellationToken);
            return service is null ? null : AddressChoice.Of(service);
        }

        var addresses = AddressChoice.Of(await ServingNodesAsync(cancellationToken));
        return addresses.IsEmpty ? null : addresses;
    }

    /// <summary>The nodes on which a replica of ours is ready; ours alone when we are not a pod.</summary>
    /// <exception cref="ApiException">The API server cannot be asked, or says no.</exception>
    public async Task<List<Node>> ServingNodesAsync(CancellationToken cancellationToken)
    {
        var nodes = new List<Node>();
        foreach (var node in await NodesAsync(cancellationToken))
        {
            if (await FindAsync($"/api/v1/nodes/{node}", ResourceJson.Default.Node, cancellationToken) is { } found)
            {
                nodes.Add(found);
            }
        }

        return nodes;
    }

    /// <summary>True when another replica goes on after us. False when that cannot be known, because we are not a pod.</summary>
    /// <exception cref="ApiException">The API server cannot be asked, or says no.</exception>
    public async Task<bool> HasOtherReplicasAsync(CancellationToken cancellationToken) =>
        (await ReplicasAsync(cancellationToken) ?? []).Any(pod => pod.Name != options.Pod && Replicas.Remains(pod));

    private async Task<IEnumerable<string>> NodesAsync(CancellationToken cancellationToken) =>
        await ReplicasAsync(cancellationToken) is { } replicas
            ? replicas.Where(Replicas.IsReady).Select(pod => pod.Spec.NodeName).OfType<string>().Distinct(StringComparer.Ordinal)
            : [options.NodeName];

    /// <summary>Our pods, ourselves included; null when we are not a pod.</summary>
    private async Task<List<Pod>?> ReplicasAsync(CancellationToken cancellationToken)
    {
        if (options.Pod is not { } name
            || await FindAsync($"/api/v1/namespaces/{name.Namespace}/pods/{name.Name}", ResourceJson.Default.Pod, cancellationToken) is not { } own)
        {
            return null;
        }

        if (Replicas.SelectorOf(own) is not { } selector)
        {
            return [own];
        }

        var path = $"/api/v1/namespaces/{name.Namespace}/pods?labelSelector={Uri.EscapeDataString(selector)}";
        return (await api.GetAsync(path, StatusJson.Default.PodList, cancellationToken)).Items;
    }

    private async Task<T?> FindAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await api.GetAsync(path, type, cancellationToken);
        }
        catch (ApiException error) when (error.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
