using System.Collections.Immutable;
using EdgeProxy.Model;

namespace EdgeProxy.Dataplane.Addresses;

/// <summary>What has to be done so that the host has the wanted addresses and our interface no others. Pure.</summary>
/// <param name="Add">Addresses to add, in order.</param>
/// <param name="Remove">Addresses to take away, in order.</param>
internal sealed record AddressPlan(ImmutableArray<IpAddr> Add, ImmutableArray<IpAddr> Remove)
{
    /// <summary>Compares.</summary>
    /// <param name="wanted">What Services ask for, and what connections that drain still need.</param>
    /// <param name="own">What our interface has.</param>
    /// <param name="foreign">What other interfaces have: theirs, whoever asks for it.</param>
    public static AddressPlan Between(IEnumerable<IpAddr> wanted, IReadOnlySet<IpAddr> own, IReadOnlySet<IpAddr> foreign)
    {
        // Linux has all of 127.0.0.0/8 on the loopback interface, and ::1.
        var held = wanted.Where(address => !address.IsLoopback && !foreign.Contains(address)).ToHashSet();
        return new AddressPlan([.. held.Except(own).Order()], [.. own.Except(held).Order()]);
    }
}
