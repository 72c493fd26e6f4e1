namespace EdgeProxy.Model.Tests;

public sealed class NamespacedNameTests
{
    [Fact]
    public void A_name_is_read_back_from_its_text()
    {
        Assert.True(NamespacedName.TryParse("shop/web", out var name));

        Assert.Equal(new NamespacedName("shop", "web"), name);
        Assert.Equal("shop/web", name.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("web")]
    [InlineData("/web")]
    [InlineData("shop/")]
    [InlineData("shop/web/http")]
    [InlineData("shop//web")]
    public void Texts_that_are_not_two_parts_are_refused(string text) => Assert.False(NamespacedName.TryParse(text, out _));

    [Fact]
    public void A_cluster_scoped_name_is_written_without_a_slash() => Assert.Equal("n1", new NamespacedName("", "n1").ToString());

    [Fact]
    public void Names_order_by_namespace_then_name_byte_by_byte()
    {
        NamespacedName[] ascending = [new("A", "z"), new("a", "B"), new("a", "a"), new("a", "b"), new("a-b", "a"), new("ab", "a")];

        Assert.Equal(ascending, ascending.Reverse().Order());
        Assert.True(ascending[0] < ascending[1]);
        Assert.True(ascending[1] > ascending[0]);
        Assert.True(ascending[0] <= new NamespacedName("A", "z"));
        Assert.True(ascending[0] >= new NamespacedName("A", "z"));
    }

    [Fact]
    public void A_service_port_name_shows_the_port_only_when_it_has_one()
    {
        var service = new NamespacedName("shop", "web");

        Assert.Equal("shop/web:http/TCP", new ServicePortName(service, "http", TransportProtocol.Tcp).ToString());
        Assert.Equal("shop/web/UDP", new ServicePortName(service, "", TransportProtocol.Udp).ToString());
    }
}
