using System.Globalization;

namespace EdgeProxy.Model;

/// <summary>A port of this node that leads to a port of a Service, as a node port does, though the Service does not say so itself.</summary>
/// <param name="Number">The port to listen on, on every address that has node ports.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="ServicePort">Name or number of the Service's port.</param>
public sealed record ExposedPort(ushort Number, TransportProtocol Protocol, string ServicePort)
{
    /// <summary>True when it leads to this port.</summary>
    public bool LeadsTo(ServicePortConfig port) =>
        port.Protocol == Protocol && (port.Name == ServicePort || port.Port.ToString(CultureInfo.InvariantCulture) == ServicePort);
}
