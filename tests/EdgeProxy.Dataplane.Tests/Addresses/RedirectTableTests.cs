using EdgeProxy.Dataplane.Addresses;
using EdgeProxy.Model;

namespace EdgeProxy.Dataplane.Tests.Addresses;

/// <summary>What nft is told.</summary>
public sealed class RedirectTableTests
{
    private static readonly FrontendAddress Web = At("10.96.0.1", 80, TransportProtocol.Tcp);
    private static readonly FrontendAddress Names = At("fd00:96::1", 53, TransportProtocol.Udp);

    private readonly RedirectTable _table = new();

    [Fact]
    public void What_comes_is_one_element_a_frontend_by_family()
    {
        _table.Set(Web, RedirectVerdict.Serve);
        _table.Set(Names, RedirectVerdict.Refuse);
        _table.SetClusterIP(Web.Endpoint.Address, isOurs: true);

        Assert.Equal(
            """
            add element inet edgeproxy clusterIPs4 { 10.96.0.1 }
            add element inet edgeproxy frontends4 { 10.96.0.1 . tcp . 80 : goto serve }
            add element inet edgeproxy frontends6 { fd00:96::1 . udp . 53 : goto refuse }

            """,
            _table.TakeChanges());
    }

    [Fact]
    public void Another_verdict_replaces_the_element()
    {
        _table.Set(Web, RedirectVerdict.Serve);
        _table.TakeChanges();

        _table.Set(Web, RedirectVerdict.Refuse);

        Assert.Equal(
            """
            delete element inet edgeproxy frontends4 { 10.96.0.1 . tcp . 80 }
            add element inet edgeproxy frontends4 { 10.96.0.1 . tcp . 80 : goto refuse }

            """,
            _table.TakeChanges());
    }

    [Fact]
    public void What_went_is_deleted()
    {
        _table.Set(Web, RedirectVerdict.Serve);
        _table.SetClusterIP(Web.Endpoint.Address, isOurs: true);
        _table.TakeChanges();

        _table.Set(Web, null);
        _table.SetClusterIP(Web.Endpoint.Address, isOurs: false);

        Assert.Equal(
            """
            delete element inet edgeproxy clusterIPs4 { 10.96.0.1 }
            delete element inet edgeproxy frontends4 { 10.96.0.1 . tcp . 80 }

            """,
            _table.TakeChanges());
    }

    [Fact]
    public void Nothing_is_said_of_what_is_as_it_was()
    {
        _table.Set(Web, RedirectVerdict.Serve);
        _table.SetClusterIP(Web.Endpoint.Address, isOurs: true);
        _table.TakeChanges();

        _table.Set(Web, RedirectVerdict.Refuse);
        _table.Set(Web, RedirectVerdict.Serve);
        _table.Set(Names, RedirectVerdict.Serve);
        _table.Set(Names, null);
        _table.SetClusterIP(Web.Endpoint.Address, isOurs: false);
        _table.SetClusterIP(Web.Endpoint.Address, isOurs: true);

        Assert.Empty(_table.TakeChanges());
    }

    [Fact]
    public void The_whole_table_has_its_definition_and_everything_in_it()
    {
        _table.Set(Web, RedirectVerdict.Serve);
        _table.TakeChanges();

        var whole = _table.TakeWhole();

        Assert.StartsWith("table inet edgeproxy {", whole, StringComparison.Ordinal);
        Assert.Contains("\nadd element inet edgeproxy frontends4 { 10.96.0.1 . tcp . 80 : goto serve }\n", whole, StringComparison.Ordinal);
        Assert.Empty(_table.TakeChanges());
    }

    [Fact]
    public void Thousands_of_frontends_are_several_commands()
    {
        for (var port = 1; port <= 1200; port++)
        {
            _table.Set(At("10.96.0.1", (ushort)port, TransportProtocol.Tcp), RedirectVerdict.Serve);
        }

        var lines = _table.TakeChanges().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(3, lines.Length);
        Assert.Equal(1200, lines.Sum(line => line.Split(" : goto serve").Length - 1));
    }

    private static FrontendAddress At(string address, ushort port, TransportProtocol protocol) =>
        new(new EndpointAddress(IpAddr.Parse(address), port), protocol);
}
