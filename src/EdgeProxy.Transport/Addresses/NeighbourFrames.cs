using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace EdgeProxy.Transport.Addresses;

/// <summary>Ethernet frames of ARP and IPv6 neighbour discovery, as far as taking an address over needs them. Pure.</summary>
internal static class NeighbourFrames
{
    /// <summary>linux/if_ether.h.</summary>
    public const ushort ArpType = 0x0806;

    /// <summary>linux/if_ether.h.</summary>
    public const ushort IPv6Type = 0x86DD;

    /// <summary>RFC 4861 §4.3.</summary>
    public const byte NeighbourSolicitation = 135;

    /// <summary>RFC 4861 §4.4.</summary>
    public const byte NeighbourAdvertisement = 136;

    /// <summary>Where the next header of an IPv6 packet is in a frame.</summary>
    public const int NextHeaderOffset = EthernetLength + 6;

    /// <summary>Where the type of an ICMPv6 message is in a frame.</summary>
    public const int IcmpTypeOffset = EthernetLength + IPv6Length;

    /// <summary>Next header of ICMPv6.</summary>
    public const byte IcmpV6 = 58;

    private const int EthernetLength = 14;
    private const int IPv6Length = 40;
    private const int ArpLength = 28;
    private const int ArpRequest = 1;
    private const int ArpReply = 2;
    private const int AdvertisementLength = 32; // with the option that carries the Ethernet address
    private const int SolicitationLength = 24;
    private const byte TargetLinkLayerAddress = 2; // RFC 4861 §4.6.1
    private const byte Override = 0x20; // RFC 4861 §4.4: what neighbours have cached is to be replaced

    private static readonly byte[] Broadcast = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    private static readonly IPAddress AllNodes = IPAddress.Parse("ff02::1");

    /// <summary>Asks whether anybody has an address, without claiming it: an ARP probe, or a solicitation as duplicate address detection sends it.</summary>
    public static byte[] Probe(IPAddress address, PhysicalAddress own) => address.AddressFamily == AddressFamily.InterNetwork
        ? Arp(ArpRequest, own, sender: IPAddress.Any, address, targetMac: new byte[6])
        : Solicitation(address, own);

    /// <summary>
    /// Tells everybody that the address is here from now on. ARP in both forms, because some neighbours take only requests for it and some only
    /// replies (RFC 5227 §3); an unsolicited advertisement to all nodes, with Override.
    /// </summary>
    public static IReadOnlyList<byte[]> Announcement(IPAddress address, PhysicalAddress own) => address.AddressFamily == AddressFamily.InterNetwork
        ? [Arp(ArpRequest, own, address, address, Broadcast), Arp(ArpReply, own, address, address, Broadcast)]
        : [Advertisement(address, own)];

    /// <summary>What a frame says of an address; false when it says nothing of the kind.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out NeighbourNotice notice)
    {
        notice = default;
        if (frame.Length < EthernetLength)
        {
            return false;
        }

        var body = frame[EthernetLength..];
        return BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) switch
        {
            ArpType => TryReadArp(body, out notice),
            IPv6Type => TryReadDiscovery(body, new PhysicalAddress(frame[6..12].ToArray()), out notice),
            _ => false,
        };
    }

    private static bool TryReadArp(ReadOnlySpan<byte> body, out NeighbourNotice notice)
    {
        // Ethernet, IPv4, and their lengths (RFC 826).
        notice = default;
        if (body.Length < ArpLength || !body[..6].SequenceEqual((ReadOnlySpan<byte>)[0, 1, 8, 0, 6, 4]))
        {
            return false;
        }

        var mac = new PhysicalAddress(body[8..14].ToArray());
        var sender = new IPAddress(body[14..18]);
        var isProbe = sender.Equals(IPAddress.Any);
        notice = isProbe
            ? new NeighbourNotice(new IPAddress(body[24..28]), NeighbourClaim.Wants, mac)
            : new NeighbourNotice(sender, NeighbourClaim.Has, mac);
        return !isProbe || BinaryPrimitives.ReadUInt16BigEndian(body[6..]) == ArpRequest;
    }

    private static bool TryReadDiscovery(ReadOnlySpan<byte> packet, PhysicalAddress sender, out NeighbourNotice notice)
    {
        notice = default;

        // Hop limit 255: it was sent by a neighbour and not from afar (RFC 4861 §7.1).
        if (packet.Length < IPv6Length + SolicitationLength || packet[6] != IcmpV6 || packet[7] != byte.MaxValue)
        {
            return false;
        }

        var message = packet[IPv6Length..];
        var target = new IPAddress(message[8..24]);
        switch (message[0])
        {
            case NeighbourAdvertisement:
                notice = new NeighbourNotice(target, NeighbourClaim.Has, sender);
                return true;
            case NeighbourSolicitation when new IPAddress(packet[8..24]).Equals(IPAddress.IPv6Any):
                notice = new NeighbourNotice(target, NeighbourClaim.Wants, sender);
                return true;
            default:
                return false;
        }
    }

    private static byte[] Arp(int operation, PhysicalAddress own, IPAddress sender, IPAddress target, ReadOnlySpan<byte> targetMac)
    {
        var frame = new byte[EthernetLength + ArpLength];
        Ethernet(frame, Broadcast, own, ArpType);
        var body = frame.AsSpan(EthernetLength);
        ((ReadOnlySpan<byte>)[0, 1, 8, 0, 6, 4, 0, (byte)operation]).CopyTo(body);
        own.GetAddressBytes().CopyTo(body[8..]);
        sender.TryWriteBytes(body[14..], out _);
        targetMac.CopyTo(body[18..]);
        target.TryWriteBytes(body[24..], out _);
        return frame;
    }

    private static byte[] Solicitation(IPAddress target, PhysicalAddress own)
    {
        // The group of all addresses with these last 24 bits (RFC 4291 §2.7.1), so that not every host is woken.
        Span<byte> group = stackalloc byte[16];
        ((ReadOnlySpan<byte>)[0xFF, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF]).CopyTo(group);
        target.GetAddressBytes().AsSpan(13).CopyTo(group[13..]);
        return Discovery(NeighbourSolicitation, flags: 0, IPAddress.IPv6Any, new IPAddress(group), target, own, SolicitationLength);
    }

    private static byte[] Advertisement(IPAddress target, PhysicalAddress own) =>
        Discovery(NeighbourAdvertisement, Override, target, AllNodes, target, own, AdvertisementLength);

    private static byte[] Discovery(byte type, byte flags, IPAddress source, IPAddress destination, IPAddress target, PhysicalAddress own, int length)
    {
        var frame = new byte[EthernetLength + IPv6Length + length];
        var group = destination.GetAddressBytes();
        Ethernet(frame, [0x33, 0x33, .. group.AsSpan(12)], own, IPv6Type); // RFC 2464 §7
        var packet = frame.AsSpan(EthernetLength);
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)length);
        packet[6] = IcmpV6;
        packet[7] = byte.MaxValue;
        source.TryWriteBytes(packet[8..], out _);
        group.CopyTo(packet[24..]);

        var message = packet[IPv6Length..];
        message[0] = type;
        message[4] = flags;
        target.TryWriteBytes(message[8..], out _);
        if (length == AdvertisementLength)
        {
            message[24] = TargetLinkLayerAddress;
            message[25] = 1; // in units of eight bytes
            own.GetAddressBytes().CopyTo(message[26..]);
        }

        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(packet[8..IPv6Length], message));
        return frame;
    }

    private static void Ethernet(Span<byte> frame, ReadOnlySpan<byte> destination, PhysicalAddress source, ushort type)
    {
        destination.CopyTo(frame);
        source.GetAddressBytes().CopyTo(frame[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], type);
    }

    /// <summary>RFC 4443 §2.3: over both addresses, length, next header and message. Everything here is of even length.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> addresses, ReadOnlySpan<byte> message)
    {
        var sum = (uint)(message.Length + IcmpV6) + Sum(addresses) + Sum(message);
        while (sum > ushort.MaxValue)
        {
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    private static uint Sum(ReadOnlySpan<byte> words)
    {
        var sum = 0u;
        for (; words.Length > 1; words = words[2..])
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(words);
        }

        return sum;
    }
}
