using System.Collections.Immutable;

namespace EdgeProxy.Model;

/// <summary>A Service in a snapshot.</summary>
public sealed class ServiceEntry
{
    internal ServiceEntry(ServiceConfig config, ImmutableArray<ServicePort> ports, ImmutableArray<Frontend> frontends)
    {
        Config = config;
        Ports = ports;
        Frontends = frontends;
    }

    /// <summary>What was translated from the object.</summary>
    public ServiceConfig Config { get; }

    /// <summary>Its ports.</summary>
    public ImmutableArray<ServicePort> Ports { get; }

    /// <summary>The frontends it asks for; one of them may be served by an older Service.</summary>
    public ImmutableArray<Frontend> Frontends { get; }

    /// <summary>Distinct addresses of one family of endpoints that are ready on this node, all ports together.</summary>
    public int CountReadyHere(bool ipv6) => Ports.SelectMany(port => port.ReadyHere(ipv6)).Distinct().Count();

    /// <summary>The port of that name and protocol, or null.</summary>
    public ServicePort? FindPort(string name, TransportProtocol protocol)
    {
        foreach (var port in Ports)
        {
            if (port.Config.Protocol == protocol && string.Equals(port.Config.Name, name, StringComparison.Ordinal))
            {
                return port;
            }
        }

        return null;
    }

    /// <summary>The TCP port of that number, or null.</summary>
    public ServicePort? FindTcpPort(int number)
    {
        foreach (var port in Ports)
        {
            if (port.Config.Protocol == TransportProtocol.Tcp && port.Config.Port == number)
            {
                return port;
            }
        }

        return null;
    }
}
