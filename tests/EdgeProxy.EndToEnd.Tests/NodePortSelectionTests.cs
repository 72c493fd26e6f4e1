using System.Collections.Immutable;
using EdgeProxy.Model;
using EdgeProxy.Settings;

namespace EdgeProxy.EndToEnd.Tests;

public sealed class NodePortSelectionTests
{
    private static readonly ImmutableArray<IpAddr> Host =
        [.. new[] { "127.0.0.1", "::1", "192.0.2.1", "198.51.100.1", "2001:db8::1" }.Select(text => IpAddr.Parse(text))];

    [Theory]
    [InlineData("", "127.0.0.1 ::1 192.0.2.1 198.51.100.1 2001:db8::1")]
    [InlineData("0.0.0.0/0 ::/0", "127.0.0.1 ::1 192.0.2.1 198.51.100.1 2001:db8::1")]
    [InlineData("192.0.2.0/24 2001:db8::/32", "192.0.2.1 2001:db8::1")]
    [InlineData("192.0.2.0/24 198.51.100.1/32 ::/127", "::1 192.0.2.1 198.51.100.1")]
    [InlineData("127.0.0.0/8", "127.0.0.1 ::1 2001:db8::1")] // kube-proxy: a family without a CIDR takes all
    [InlineData("203.0.113.0/24 fd00::/8", "")]
    [InlineData("primary", "198.51.100.1")]
    public void Addresses_are_chosen_as_kube_proxy_chooses_them(string values, string selected)
    {
        Assert.Null(NodePortSelection.Read(values.Split(' ', StringSplitOptions.RemoveEmptyEntries), out var selection));

        Assert.Equal(selected, string.Join(' ', selection.Select(Host, host => [host[3]])));
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("192.0.2.0/33")]
    [InlineData("primary 192.0.2.0/24")]
    [InlineData("192.0.2.0/24 primary")]
    public void Other_values_are_refused(string values) => Assert.NotNull(NodePortSelection.Read(values.Split(' '), out _));
}
