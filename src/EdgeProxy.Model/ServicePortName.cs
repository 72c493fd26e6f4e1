namespace EdgeProxy.Model;

/// <summary>The unit that is balanced: one port of one Service, as kube-proxy's ServicePortName.</summary>
public readonly record struct ServicePortName(NamespacedName Service, string Port, TransportProtocol Protocol)
{
    /// <inheritdoc />
    public override string ToString() => Port.Length == 0 ? $"{Service}/{Label}" : $"{Service}:{Port}/{Label}";

    private string Label => Protocol == TransportProtocol.Tcp ? "TCP" : "UDP";
}
