using System.Net;
using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Addresses;

public sealed class IpAddrTests
{
    [Fact]
    public void Every_address_is_read_back_from_its_text() =>
        Seeds.Check(5_000, random =>
        {
            var address = RandomAddress(random);

            Assert.Equal(address, IpAddr.Parse(address.ToString()));
            Assert.Equal(address, IpAddr.From(address.ToIPAddress()));
        });

    [Fact]
    public void Sparse_IPv6_addresses_are_read_back_from_their_text() =>
        Seeds.Check(2_000, random =>
        {
            // Runs of zeros are where the text form is abbreviated.
            var bits = UInt128.Zero;
            for (var group = 0; group < 8; group++)
            {
                bits = (bits << 16) | (random.Chance(0.6) ? 0u : (uint)random.Next(0x10000));
            }

            var address = IpAddr.FromIPv6Bits(bits);

            Assert.Equal(address, IpAddr.Parse(address.ToString()));
        });

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.4.")]
    [InlineData("1.2.3.256")]
    [InlineData("01.2.3.4")]
    [InlineData("1.2.3.04")]
    [InlineData("0177.0.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("2130706433")]
    [InlineData("1.2.3.4 ")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.4\0")]
    [InlineData("1.2.3.4/32")]
    [InlineData("1.2.3.4:80")]
    [InlineData("[1.2.3.4]")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("::1]")]
    [InlineData("::1%lo")]
    [InlineData("fe80::1%1")]
    [InlineData("::1/64")]
    [InlineData("::1::")]
    [InlineData(":::")]
    [InlineData("12345::")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("0:0:0:0:0:0:0:0:0")]
    [InlineData("::ffff:010.0.0.1")]
    [InlineData("localhost")]
    public void Texts_that_Kubernetes_does_not_take_for_an_address_are_refused(string text)
    {
        Assert.False(IpAddr.TryParse(text, out var address));
        Assert.Equal(default, address);
    }

    [Theory]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("2001:DB8:0:0:0:0:0:1", "2001:db8::1")]
    [InlineData("2001:0db8::0001", "2001:db8::1")]
    [InlineData("::", "::")]
    public void Different_spellings_are_one_address(string text, string expected) =>
        Assert.Equal(expected, IpAddr.Parse(text).ToString());

    [Theory]
    [InlineData("::ffff:192.0.2.7")]
    [InlineData("::ffff:c000:207")]
    [InlineData("::FFFF:192.0.2.7")]
    public void An_IPv4_mapped_address_is_the_IPv4_address(string text)
    {
        Assert.Equal(IpAddr.Parse("192.0.2.7"), IpAddr.Parse(text));
        Assert.Equal(IpAddr.Parse("192.0.2.7"), IpAddr.From(IPAddress.Parse(text)));
    }

    [Theory]
    [InlineData("::192.0.2.7")]
    [InlineData("::fffe:192.0.2.7")]
    [InlineData("1::ffff:192.0.2.7")]
    public void Only_the_mapped_prefix_makes_an_address_IPv4(string text) => Assert.True(IpAddr.Parse(text).IsIPv6);

    [Fact]
    public void An_IPv4_address_differs_from_the_IPv6_address_with_the_same_bits() =>
        Assert.NotEqual(IpAddr.Parse("0.0.0.1"), IpAddr.Parse("::1"));

    [Fact]
    public void A_scope_of_the_runtime_is_dropped() =>
        Assert.Equal(IpAddr.Parse("fe80::1"), IpAddr.From(IPAddress.Parse("fe80::1%3")));

    [Fact]
    public void A_text_that_is_no_address_says_so()
    {
        var error = Assert.Throws<FormatException>(() => IpAddr.Parse("nowhere"));

        Assert.Contains("nowhere", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.0", true)]
    [InlineData("127.255.255.255", true)]
    [InlineData("126.255.255.255", false)]
    [InlineData("128.0.0.0", false)]
    [InlineData("::1", true)]
    [InlineData("::2", false)]
    [InlineData("::7f00:1", false)]
    [InlineData("::ffff:127.0.0.1", true)]
    public void Loopback_is_127_slash_8_and_colon_colon_1(string text, bool expected) =>
        Assert.Equal(expected, IpAddr.Parse(text).IsLoopback);

    [Fact]
    public void Addresses_order_by_family_then_by_number()
    {
        string[] ascending = ["0.0.0.0", "9.0.0.0", "10.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::", "ff00::", "ffff::"];

        var sorted = new Random(1).Shuffled(ascending).Select(text => IpAddr.Parse(text)).Order().Select(address => address.ToString());

        Assert.Equal(ascending, sorted);
    }

    [Fact]
    public void The_operators_agree_with_the_order() =>
        Seeds.Check(1_000, random =>
        {
            var left = RandomAddress(random);
            var right = random.Chance(0.1) ? left : RandomAddress(random);
            var order = left.CompareTo(right);

            Assert.Equal(order < 0, left < right);
            Assert.Equal(order > 0, left > right);
            Assert.Equal(order <= 0, left <= right);
            Assert.Equal(order >= 0, left >= right);
            Assert.Equal(order == 0, left == right);
            Assert.Equal(Math.Sign(order), -Math.Sign(right.CompareTo(left)));
        });

    private static IpAddr RandomAddress(Random random) => random.Chance(0.5)
        ? new IpAddr((uint)random.NextInt64(0x1_0000_0000), IsIPv6: false)
        : IpAddr.FromIPv6Bits(new UInt128((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue)));
}
