using EdgeProxy.Model.Routing;

namespace EdgeProxy.Model.Tests.Routing;

public sealed class HostNameTests
{
    [Theory]
    [InlineData("shop.example", "shop.example")]
    [InlineData("shop.example:8080", "shop.example")]
    [InlineData("shop.example:", "shop.example")]
    [InlineData("shop.example:notaport", "shop.example")]
    [InlineData("shop.example.", "shop.example")]
    [InlineData("shop.example.:443", "shop.example")]
    [InlineData("SHOP.Example", "shop.example")]
    [InlineData("Shop.Example.:443", "shop.example")]
    [InlineData("localhost", "localhost")]
    [InlineData("a", "a")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("shop_1.example", "shop_1.example")]
    [InlineData("1.2.3.4.example", "1.2.3.4.example")]
    [InlineData("web1", "web1")]
    public void A_name_loses_its_port_its_trailing_dot_and_its_capitals(string host, string expected) =>
        Assert.Equal(expected, HostName.Normalize(host));

    [Fact]
    public void Only_one_trailing_dot_is_dropped() => Assert.Equal("shop.example.", HostName.Normalize("shop.example.."));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(":80")]
    [InlineData(".:80")]
    public void A_missing_name_is_empty(string? host) => Assert.Equal("", HostName.Normalize(host));

    [Theory]
    [InlineData("192.0.2.7")]
    [InlineData("192.0.2.7:80")]
    [InlineData("192.0.2.7.")]
    [InlineData("2130706433")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("[2001:DB8::1]:443")]
    [InlineData("[fe80::1%25eth0]")]
    [InlineData("[")]
    [InlineData("::1")]
    public void An_address_matches_no_rule_host(string host) => Assert.Equal("", HostName.Normalize(host));

    [Theory]
    [InlineData("*")]
    [InlineData("*.example")]
    [InlineData("*.EXAMPLE:80")]
    [InlineData("a.*.example")]
    [InlineData("a*.example")]
    public void A_star_in_the_request_is_never_the_key_of_a_wildcard_rule(string host) => Assert.Equal("", HostName.Normalize(host));

    [Theory]
    [InlineData("www.shop.example", "*.shop.example")]
    [InlineData("a.b", "*.b")]
    [InlineData("a..b", "*..b")]
    public void The_wildcard_replaces_the_first_label(string host, string expected) => Assert.Equal(expected, HostName.WildcardFor(host));

    [Theory]
    [InlineData("")]
    [InlineData("example")]
    [InlineData(".example")]
    [InlineData("example.")]
    [InlineData(".")]
    public void There_is_no_wildcard_without_a_label_on_both_sides(string host) => Assert.Null(HostName.WildcardFor(host));

    [Fact]
    public void A_name_already_in_its_normal_form_is_not_copied()
    {
        var host = new string("shop.example".AsSpan());

        Assert.Same(host, HostName.Normalize(host));
    }
}
