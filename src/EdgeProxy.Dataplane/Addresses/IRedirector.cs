using EdgeProxy.Model;

namespace EdgeProxy.Dataplane.Addresses;

/// <summary>Where packets are redirected: a table of nftables. One thread at a time.</summary>
public interface IRedirector
{
    /// <summary>Addresses this host has, whose packets come here anyway.</summary>
    /// <exception cref="IOException">The kernel refused; the message says why.</exception>
    IReadOnlySet<IpAddr> HostAddresses();

    /// <summary>Runs commands in one transaction: all of them or none.</summary>
    /// <exception cref="IOException">The kernel refused; the message says why.</exception>
    void Apply(string commands);

    /// <summary>Replaces the whole table in one transaction.</summary>
    /// <exception cref="IOException">The kernel refused; the message says why.</exception>
    void Replace(string definition);
}
