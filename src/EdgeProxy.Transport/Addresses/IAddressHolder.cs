using System.Net;

namespace EdgeProxy.Transport.Addresses;

/// <summary>An interface to which addresses are added and from which they are taken. One thread at a time.</summary>
public interface IAddressHolder
{
    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>The addresses of this host, those of the interface included. Makes the interface again when somebody deleted it.</summary>
    /// <exception cref="IOException">The kernel refused; the message says what is needed.</exception>
    IReadOnlyList<InterfaceAddress> Read();

    /// <summary>Adds an address, as /32 or /128. Not an error when it is there already.</summary>
    /// <exception cref="IOException">The kernel refused; the message says why.</exception>
    void Add(IPAddress address);

    /// <summary>Takes an address away. Not an error when it is gone already.</summary>
    /// <exception cref="IOException">The kernel refused; the message says why.</exception>
    void Remove(IPAddress address);
}
