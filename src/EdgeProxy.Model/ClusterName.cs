namespace EdgeProxy.Model;

/// <summary>The DNS names of Services, which are looked up in our own snapshot: so they work without a cluster's DNS too.</summary>
public static class ClusterName
{
    /// <summary>Reads <c>NAME.NAMESPACE.svc</c> or <c>NAME.NAMESPACE.svc.cluster.local</c>; case and a final dot do not matter.</summary>
    public static bool TryParse(string host, out NamespacedName service)
    {
        service = default;
        var labels = host.TrimEnd('.').ToLowerInvariant().Split('.');
        if (labels is not ([_, _, "svc"] or [_, _, "svc", "cluster", "local"]))
        {
            return false;
        }

        service = new NamespacedName(labels[1], labels[0]);
        return true;
    }
}
