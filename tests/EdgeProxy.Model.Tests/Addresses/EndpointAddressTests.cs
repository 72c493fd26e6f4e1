using System.Net;
using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Addresses;

public sealed class EndpointAddressTests
{
    [Fact]
    public void Every_endpoint_is_read_back_from_its_text() =>
        Seeds.Check(2_000, random =>
        {
            var bits = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            var address = random.Chance(0.5) ? IpAddr.FromIPv6Bits(new UInt128(bits, bits)) : new IpAddr((uint)bits, IsIPv6: false);
            var endpoint = new EndpointAddress(address, (ushort)random.Next(0x10000));

            Assert.Equal(endpoint, EndpointAddress.Parse(endpoint.ToString()));
            Assert.Equal(endpoint, EndpointAddress.From(endpoint.ToIPEndPoint()));
        });

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":80")]
    [InlineData("1.2.3.4")]
    [InlineData("1.2.3.4:")]
    [InlineData("1.2.3.4:65536")]
    [InlineData("1.2.3.4:-1")]
    [InlineData("1.2.3.4:+1")]
    [InlineData("1.2.3.4: 80")]
    [InlineData("1.2.3.4:http")]
    [InlineData("[1.2.3.4]:80")]
    [InlineData("01.2.3.4:80")]
    [InlineData("::1:80")]
    [InlineData("[::1]")]
    [InlineData("[::1]80")]
    [InlineData("[::1:80")]
    [InlineData("::1]:80")]
    [InlineData("[]:80")]
    [InlineData("[[::1]]:80")]
    [InlineData("[::1%1]:80")]
    [InlineData("[::ffff:1.2.3.4]:80")]
    [InlineData("localhost:80")]
    public void Texts_that_are_no_address_and_port_are_refused(string text)
    {
        Assert.False(EndpointAddress.TryParse(text, out var endpoint));
        Assert.Equal(default, endpoint);
    }

    [Theory]
    [InlineData("1.2.3.4:0")]
    [InlineData("1.2.3.4:65535")]
    [InlineData("[::]:1")]
    [InlineData("[2001:db8::1]:443")]
    public void Texts_in_canonical_form_stay_as_they_are(string text) => Assert.Equal(text, EndpointAddress.Parse(text).ToString());

    [Fact]
    public void A_text_that_is_no_endpoint_says_so()
    {
        var error = Assert.Throws<FormatException>(() => EndpointAddress.Parse("nowhere:1"));

        Assert.Contains("nowhere:1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mapped_address_of_a_dual_stack_socket_becomes_IPv4() =>
        Assert.Equal(EndpointAddress.Parse("192.0.2.7:9"), EndpointAddress.From(new IPEndPoint(IPAddress.Parse("::ffff:192.0.2.7"), 9)));

    [Fact]
    public void Endpoints_order_by_address_then_by_port()
    {
        string[] ascending = ["9.0.0.1:443", "10.0.0.1:9", "10.0.0.1:80", "10.0.0.1:443", "[::1]:1"];

        var sorted = ascending.Reverse().Select(text => EndpointAddress.Parse(text)).Order().Select(endpoint => endpoint.ToString());

        Assert.Equal(ascending, sorted);
    }

    [Fact]
    public void The_operators_agree_with_the_order() =>
        Seeds.Check(500, random =>
        {
            var left = RandomEndpoint(random);
            var right = RandomEndpoint(random);
            var order = left.CompareTo(right);

            Assert.Equal(order < 0, left < right);
            Assert.Equal(order > 0, left > right);
            Assert.Equal(order <= 0, left <= right);
            Assert.Equal(order >= 0, left >= right);
            Assert.Equal(order == 0, left == right);
        });

    [Fact]
    public void A_frontend_address_names_its_protocol()
    {
        var endpoint = EndpointAddress.Parse("[::1]:53");

        Assert.Equal("[::1]:53/TCP", new FrontendAddress(endpoint, TransportProtocol.Tcp).ToString());
        Assert.Equal("[::1]:53/UDP", new FrontendAddress(endpoint, TransportProtocol.Udp).ToString());
    }

    // Few enough that equal addresses and equal ports come up.
    private static EndpointAddress RandomEndpoint(Random random) =>
        new(new IpAddr((uint)random.Next(3), random.Chance(0.5)), (ushort)random.Next(3));
}
