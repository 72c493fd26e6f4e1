using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Addresses;

public sealed class IpPrefixTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0")]
    [InlineData("192.0.2.128/25", "192.0.2.128", "192.0.2.255", "192.0.2.127", "192.0.3.0")]
    [InlineData("192.0.2.7/32", "192.0.2.7", "192.0.2.7", "192.0.2.6", "192.0.2.8")]
    [InlineData("192.0.2.6/31", "192.0.2.6", "192.0.2.7", "192.0.2.5", "192.0.2.8")]
    [InlineData("128.0.0.0/1", "128.0.0.0", "255.255.255.255", "127.255.255.255", "0.0.0.0")]
    [InlineData("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::")]
    [InlineData("fd00::/64", "fd00::", "fd00::ffff:ffff:ffff:ffff", "fcff::", "fd00:0:0:1::")]
    [InlineData("fd00::/65", "fd00::", "fd00::7fff:ffff:ffff:ffff", "fcff::", "fd00::8000:0:0:0")]
    [InlineData("fd00::5/128", "fd00::5", "fd00::5", "fd00::4", "fd00::6")]
    public void A_range_holds_its_first_and_last_address_and_neither_neighbour(string text, string first, string last, string below, string above)
    {
        Assert.True(IpPrefix.TryParse(text, out var prefix));

        Assert.True(prefix.Contains(IpAddr.Parse(first)));
        Assert.True(prefix.Contains(IpAddr.Parse(last)));
        Assert.False(prefix.Contains(IpAddr.Parse(below)));
        Assert.False(prefix.Contains(IpAddr.Parse(above)));
    }

    [Theory]
    [InlineData("0.0.0.0/0", "255.255.255.255", "::")]
    [InlineData("::/0", "ffff::ffff", "0.0.0.0")]
    public void A_range_of_length_zero_holds_its_whole_family_and_nothing_of_the_other(string text, string inside, string otherFamily)
    {
        Assert.True(IpPrefix.TryParse(text, out var prefix));

        Assert.True(prefix.Contains(IpAddr.Parse(inside)));
        Assert.False(prefix.Contains(IpAddr.Parse(otherFamily)));
    }

    [Fact]
    public void Containment_is_equality_of_the_leading_bits() =>
        Seeds.Check(3_000, random =>
        {
            var ipv6 = random.Chance(0.5);
            var width = ipv6 ? 128 : 32;
            var network = RandomAddress(random, ipv6);
            var address = random.Chance(0.2) ? RandomAddress(random, ipv6) : new IpAddr(network.Bits ^ (UInt128.One << random.Next(width)), ipv6);
            var length = random.Next(width + 1);

            var leadingBitsAgree = true;
            for (var bit = 0; bit < length; bit++)
            {
                leadingBitsAgree &= ((network.Bits ^ address.Bits) >> (width - 1 - bit) & UInt128.One) == UInt128.Zero;
            }

            Assert.Equal(leadingBitsAgree, new IpPrefix(network, length).Contains(address));
        });

    [Fact]
    public void Every_range_is_read_back_from_its_text() =>
        Seeds.Check(1_000, random =>
        {
            var ipv6 = random.Chance(0.5);
            var prefix = new IpPrefix(RandomAddress(random, ipv6), random.Next(ipv6 ? 129 : 33));

            Assert.True(IpPrefix.TryParse(prefix.ToString(), out var again));
            Assert.Equal(prefix, again);
        });

    [Theory]
    [InlineData(" 10.0.0.0/8")]
    [InlineData("10.0.0.0/8 ")]
    [InlineData("\t10.0.0.0/8\n")]
    public void Blanks_around_a_range_are_ignored(string text)
    {
        Assert.True(IpPrefix.TryParse(text, out var prefix));
        Assert.Equal("10.0.0.0/8", prefix.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/8")]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/+8")]
    [InlineData("10.0.0.0/ 8")]
    [InlineData("10.0.0.0 /8")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("10.0.0.0/99999999999")]
    [InlineData("10.0.0.0/255.0.0.0")]
    [InlineData("10.0.0/8")]
    [InlineData("010.0.0.0/8")]
    [InlineData("::/129")]
    [InlineData("::ffff:10.0.0.0/129")]
    [InlineData("[::]/0")]
    [InlineData("fe80::%1/64")]
    public void Texts_that_are_no_range_are_refused(string text) => Assert.False(IpPrefix.TryParse(text, out _));

    [Theory]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    [InlineData("::ffff:a00:0/104", "10.0.0.0/8")]
    [InlineData("::ffff:192.0.2.7/128", "192.0.2.7/32")]
    [InlineData("::ffff:0.0.0.0/96", "0.0.0.0/0")]
    public void A_mapped_range_is_the_IPv4_range_of_its_lower_bits(string text, string expected)
    {
        Assert.True(IpPrefix.TryParse(text, out var prefix));
        Assert.Equal(expected, prefix.ToString());
    }

    [Theory]
    [InlineData("::ffff:10.0.0.0/8")]
    [InlineData("::ffff:10.0.0.0/32")]
    [InlineData("::ffff:10.0.0.0/95")]
    public void A_length_that_counts_IPv6_bits_is_never_taken_for_IPv4_bits(string text)
    {
        Assert.True(IpPrefix.TryParse(text, out var prefix));

        Assert.False(prefix.Contains(IpAddr.Parse("10.0.0.0")));
        Assert.True(prefix.Contains(IpAddr.Parse("::fffe:0:0")));
    }

    private static IpAddr RandomAddress(Random random, bool ipv6) =>
        ipv6 ? new IpAddr(new UInt128((ulong)random.NextInt64() | 0x2000UL << 48, (ulong)random.NextInt64()), IsIPv6: true)
            : new IpAddr((uint)random.NextInt64(0x1_0000_0000), IsIPv6: false);
}
