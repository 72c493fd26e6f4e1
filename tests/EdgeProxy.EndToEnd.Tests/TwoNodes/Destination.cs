namespace EdgeProxy.EndToEnd.Tests.TwoNodes;

/// <summary>The ways to a Service.</summary>
public enum Destination
{
    ClusterIP,
    NodePort,
    LoadBalancerIP,
    ExternalIP,

    /// <summary>The node port on the loopback address, for programs on the node itself.</summary>
    LoopbackNodePort,
}
