namespace EdgeProxy.EndToEnd.Tests.TwoNodes;

/// <summary>A node: a network namespace with an address in the LAN and a bridge for its pods.</summary>
/// <param name="Name">As Kubernetes has it.</param>
/// <param name="Number">Its place in addresses: 192.0.2.N in the LAN, 10.244.N.0/24 for pods.</param>
/// <param name="Network">Owned by the laboratory.</param>
internal sealed record Node(string Name, int Number, NetworkNamespace Network);
