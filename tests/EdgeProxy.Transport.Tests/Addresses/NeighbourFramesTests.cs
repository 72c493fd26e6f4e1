using System.Net;
using System.Net.NetworkInformation;
using EdgeProxy.Transport.Addresses;

namespace EdgeProxy.Transport.Tests.Addresses;

/// <summary>Frames of ARP and neighbour discovery, byte for byte.</summary>
public sealed class NeighbourFramesTests
{
    private static readonly PhysicalAddress Mac = PhysicalAddress.Parse("02-00-00-00-00-01");
    private static readonly IPAddress IPv4 = IPAddress.Parse("192.0.2.10");
    private static readonly IPAddress IPv6 = IPAddress.Parse("2001:db8::a:b");

    [Fact]
    public void An_ARP_probe_claims_nothing()
    {
        Assert.Equal(
            "FFFFFFFFFFFF020000000001" + "0806" + "0001080006040001" + "020000000001" + "00000000" + "000000000000" + "C000020A",
            Convert.ToHexString(NeighbourFrames.Probe(IPv4, Mac)));
    }

    [Fact]
    public void An_IPv4_address_is_announced_as_request_and_as_reply()
    {
        const string Claim = "020000000001" + "C000020A" + "FFFFFFFFFFFF" + "C000020A";

        Assert.Equal(
            ["FFFFFFFFFFFF020000000001" + "0806" + "0001080006040001" + Claim, "FFFFFFFFFFFF020000000001" + "0806" + "0001080006040002" + Claim],
            NeighbourFrames.Announcement(IPv4, Mac).Select(Convert.ToHexString));
    }

    [Fact]
    public void An_IPv6_address_is_asked_for_at_its_group_and_announced_to_all_nodes_with_override()
    {
        var probe = Convert.ToHexString(NeighbourFrames.Probe(IPv6, Mac));
        var announcement = Convert.ToHexString(NeighbourFrames.Announcement(IPv6, Mac).Single());

        // Ethernet group, IPv6 header with hop limit 255, unspecified source, ff02::1:ff0a:b; then type 135 and the target.
        Assert.StartsWith("3333FF0A000B020000000001" + "86DD" + "6000000000183AFF" + new string('0', 32) + "FF0200000000000000000001FF0A000B" + "8700", probe, StringComparison.Ordinal);
        Assert.EndsWith("00000000" + Convert.ToHexString(IPv6.GetAddressBytes()), probe, StringComparison.Ordinal);
        Assert.StartsWith("333300000001020000000001" + "86DD" + "6000000000203AFF" + Convert.ToHexString(IPv6.GetAddressBytes()) + "FF020000000000000000000000000001" + "8800", announcement, StringComparison.Ordinal);
        Assert.EndsWith("20000000" + Convert.ToHexString(IPv6.GetAddressBytes()) + "0201" + "020000000001", announcement, StringComparison.Ordinal);
    }

    [Fact]
    public void What_one_node_sends_another_one_reads()
    {
        foreach (var address in new[] { IPv4, IPv6 })
        {
            Assert.True(NeighbourFrames.TryRead(NeighbourFrames.Probe(address, Mac), out var probe));
            Assert.Equal((address, NeighbourClaim.Wants, Mac), (probe.Address, probe.Claim, probe.Mac));
            foreach (var frame in NeighbourFrames.Announcement(address, Mac))
            {
                Assert.True(NeighbourFrames.TryRead(frame, out var claim));
                Assert.Equal((address, NeighbourClaim.Has, "02:00:00:00:00:01"), (claim.Address, claim.Claim, claim.Sender));
            }
        }
    }

    [Fact]
    public void What_is_cut_short_or_comes_from_afar_says_nothing()
    {
        byte[][] frames = [NeighbourFrames.Probe(IPv4, Mac), .. NeighbourFrames.Announcement(IPv4, Mac), NeighbourFrames.Probe(IPv6, Mac)];
        foreach (var frame in frames)
        {
            for (var length = 0; length < frame.Length; length++)
            {
                Assert.False(NeighbourFrames.TryRead(frame.AsSpan(0, length), out _));
            }
        }

        // A router has passed it on: its hop limit is lower (RFC 4861 §7.1).
        var forwarded = NeighbourFrames.Announcement(IPv6, Mac).Single();
        forwarded[21]--;
        Assert.False(NeighbourFrames.TryRead(forwarded, out _));
    }
}
