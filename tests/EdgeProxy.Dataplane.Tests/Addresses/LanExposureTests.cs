using System.Net;
using EdgeProxy.Dataplane.Addresses;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Addresses;

namespace EdgeProxy.Dataplane.Tests.Addresses;

public sealed class LanExposureTests
{
    [Theory]
    [InlineData("192.168.1.240/28", true, 1)] // part of the LAN
    [InlineData("192.168.0.0/16", true, 1)] // around it
    [InlineData("192.168.1.240/28", false, 0)] // arp_ignore is set
    [InlineData("10.96.0.0/12", true, 0)] // elsewhere
    [InlineData("fd00::/112", true, 0)] // no ARP in IPv6
    public void A_warning_names_addresses_that_neighbours_would_find_here(string vips, bool answersArp, int warnings)
    {
        using var log = new RecordingLoggerFactory();
        var lan = Lan(log, answersArp);

        lan.Consider(Prefix(vips));
        lan.Consider(Prefix(vips));

        Assert.Equal(warnings, log.Lines.Count);
        Assert.All(log.Lines, line => Assert.Contains($"such as {vips} lie in the network 192.168.1.5/24 of eth9", line.Text, StringComparison.Ordinal));
    }

    private static LanExposure Lan(RecordingLoggerFactory log, bool answersArp) => new(log.CreateLogger("test"))
    {
        AnswersArp = _ => answersArp,
        Networks = LanExposure.NetworksOf(
        [
            new InterfaceAddress("lo", IPAddress.Loopback, 8, IsUp: true),
            new InterfaceAddress("eth9", IPAddress.Parse("192.168.1.5"), 24, IsUp: true),
            new InterfaceAddress("eth9", IPAddress.Parse("fd00::5"), 64, IsUp: true),
        ]),
    };

    private static IpPrefix Prefix(string text) => IpPrefix.TryParse(text, out var prefix) ? prefix : throw new FormatException(text);
}
