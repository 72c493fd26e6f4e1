using System.Net;

namespace EdgeProxy.Transport.Tests;

public sealed class IpEndpointTests
{
    [Theory]
    [InlineData("1.2.3.4:80", "1.2.3.4:80")]
    [InlineData("[::1]:443", "[::1]:443")]
    [InlineData("[2001:db8::ff]:1", "[2001:db8::ff]:1")]
    [InlineData("[::ffff:10.0.0.1]:53", "10.0.0.1:53")]
    public void Text_and_bits_say_the_same(string given, string expected)
    {
        var endpoint = IpEndpoint.From(IPEndPoint.Parse(given));

        Assert.Equal(expected, endpoint.ToString());
        Assert.Equal(endpoint, new IpEndpoint(endpoint.Bits, endpoint.Port, endpoint.IsIPv6));
        Assert.Equal(endpoint, IpEndpoint.From(endpoint.ToIPEndPoint()));
    }

    [Fact]
    public void Mapped_address_is_the_same_key_as_its_IPv4_address()
    {
        var mapped = IpEndpoint.From(IPAddress.Parse("::ffff:1.2.3.4"), 80);
        var plain = new IpEndpoint(0x01020304, 80, isIPv6: false);

        Assert.Equal(plain, mapped);
        Assert.Equal(plain.GetHashCode(), mapped.GetHashCode());
        Assert.NotEqual(plain, new IpEndpoint(0x01020304, 80, isIPv6: true));
    }
}
