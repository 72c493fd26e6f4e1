namespace EdgeProxy.Model.Eligibility;

/// <summary>Service.spec.internalTrafficPolicy and externalTrafficPolicy.</summary>
public enum TrafficPolicy
{
    /// <summary>Any endpoint of the cluster. The default.</summary>
    Cluster,

    /// <summary>Only endpoints on this node.</summary>
    Local,
}
