using EdgeProxy.Dataplane.Addresses;
using EdgeProxy.Model;

namespace EdgeProxy.Dataplane.Tests.Addresses;

public sealed class AddressPlanTests
{
    [Fact]
    public void What_is_wanted_and_missing_is_added_and_what_nobody_wants_is_removed()
    {
        var plan = AddressPlan.Between(Set("10.96.0.1", "10.96.0.2"), own: Set("10.96.0.2", "10.96.0.9"), foreign: Set());

        Assert.Equal(["10.96.0.1"], Text(plan.Add));
        Assert.Equal(["10.96.0.9"], Text(plan.Remove));
    }

    [Fact]
    public void An_address_of_another_interface_is_neither_added_nor_kept()
    {
        var plan = AddressPlan.Between(Set("192.0.2.1", "192.0.2.2"), own: Set("192.0.2.2"), foreign: Set("192.0.2.1", "192.0.2.2"));

        Assert.Empty(plan.Add);
        Assert.Equal(["192.0.2.2"], Text(plan.Remove));
    }

    [Fact]
    public void Loopback_addresses_are_the_hosts_already()
    {
        var plan = AddressPlan.Between(Set("127.96.0.1", "::1", "fd00::1"), own: Set(), foreign: Set());

        Assert.Equal(["fd00::1"], Text(plan.Add));
    }

    [Fact]
    public void When_everything_is_in_place_nothing_is_done()
    {
        var plan = AddressPlan.Between(Set("10.96.0.1", "fd00::1"), own: Set("fd00::1", "10.96.0.1"), foreign: Set("192.0.2.1"));

        Assert.Empty(plan.Add);
        Assert.Empty(plan.Remove);
    }

    private static IEnumerable<string> Text(IEnumerable<IpAddr> addresses) => addresses.Select(address => $"{address}");

    private static HashSet<IpAddr> Set(params string[] addresses) => [.. addresses.Select(text => IpAddr.Parse(text))];
}
