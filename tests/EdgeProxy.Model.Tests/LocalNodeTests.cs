using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests;

public sealed class LocalNodeTests
{
    private static readonly IpAddr Vip = IpAddr.Parse("203.0.113.9");

    [Theory]
    [InlineData("192.0.2.1", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("127.0.0.5", true)]
    [InlineData("::1", true)]
    [InlineData("10.244.1.0", true)]
    [InlineData("10.244.1.255", true)]
    [InlineData("203.0.113.9", true)]
    [InlineData("10.244.0.255", false)]
    [InlineData("10.244.2.0", false)]
    [InlineData("192.0.2.2", false)]
    [InlineData("203.0.113.10", false)]
    public void Local_are_the_nodes_addresses_its_pods_loopback_and_the_virtual_address_itself(string client, bool expected) =>
        Assert.Equal(expected, Objects.Node.IsLocalOrigin(IpAddr.Parse(client), Vip));
}
