using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Transport.Addresses;

namespace EdgeProxy.Transport.Interop;

/// <summary>Links, addresses, routes and rules by name, rtnetlink(7). Changes return 0 or the kernel's error number. Owns its socket; one thread at a time.</summary>
internal sealed class RtNetlink : IDisposable
{
    // linux/rtnetlink.h
    private const ushort RTM_NEWLINK = 16;
    private const ushort RTM_DELLINK = 17;
    private const ushort RTM_GETLINK = 18;
    private const ushort RTM_NEWADDR = 20;
    private const ushort RTM_DELADDR = 21;
    private const ushort RTM_GETADDR = 22;
    private const ushort RTM_NEWROUTE = 24;
    private const ushort RTM_DELROUTE = 25;
    private const ushort RTM_GETROUTE = 26;
    private const ushort RTM_NEWRULE = 32;
    private const ushort RTM_DELRULE = 33;
    private const byte RTN_LOCAL = 2;
    private const byte RT_SCOPE_HOST = 254;
    private const byte RT_TABLE_LOCAL = 255;
    private const ushort RTA_DST = 1;
    private const ushort RTA_OIF = 4;
    private const uint RTMGRP_LINK = 0x1;
    private const uint RTMGRP_IPV4_IFADDR = 0x10;
    private const uint RTMGRP_IPV6_IFADDR = 0x100;

    // linux/fib_rules.h
    private const byte FR_ACT_TO_TBL = 1;
    private const ushort FRA_PRIORITY = 6;
    private const ushort FRA_FWMARK = 10;
    private const ushort FRA_FWMASK = 16;
    private const ushort FRA_PROTOCOL = 21;

    // linux/netlink.h
    private const ushort NLM_F_ACK = 0x4;
    private const ushort NLM_F_REPLACE = 0x100;
    private const ushort NLM_F_EXCL = 0x200;
    private const ushort NLM_F_DUMP = 0x300;
    private const ushort NLM_F_CREATE = 0x400;

    // linux/if_link.h, linux/if.h
    private const ushort IFLA_ADDRESS = 1;
    private const ushort IFLA_IFNAME = 3;
    private const ushort IFLA_MASTER = 10;
    private const ushort IFLA_LINKINFO = 18;
    private const ushort IFLA_IFALIAS = 20;
    private const ushort IFLA_INFO_KIND = 1;
    private const uint IFF_UP = 0x1;
    private const uint IFF_BROADCAST = 0x2;
    private const uint IFF_LOOPBACK = 0x8;
    private const uint IFF_NOARP = 0x80;
    private const uint IFF_LOWER_UP = 0x10000;

    // linux/if_addr.h
    private const ushort IFA_ADDRESS = 1;
    private const ushort IFA_LOCAL = 2;
    private const ushort IFA_CACHEINFO = 6;
    private const ushort IFA_FLAGS = 8;
    private const ushort IFA_RT_PRIORITY = 9;
    private const byte IFA_F_NODAD = 0x2;
    private const uint IFA_F_NOPREFIXROUTE = 0x200;

    // Marks addresses that are announced, so that those of a run that died are known: a metric, which an address without a route does not need.
    // (IFA_PROTO, which is meant for such marks, came with Linux 5.18.) In `ip addr` it reads "metric 23700237".
    private const uint AnnouncedMetric = 23_700_237;

    private const int EthernetAddressLength = 6;
    private const int LinkLength = 16; // struct ifinfomsg
    private const int AddressLength = 8; // struct ifaddrmsg
    private const int RouteLength = 12; // struct rtmsg
    private const int RuleLength = 12; // struct fib_rule_hdr

    private readonly NetlinkSocket _socket = new();

    /// <summary>Opens a non-blocking socket that hears when links or addresses change.</summary>
    public static SafeSocketHandle SubscribeToAddresses() => NetlinkSocket.Subscribe(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);

    /// <summary>Every interface.</summary>
    /// <remarks>
    /// A list the kernel had to change while it was read may miss something (NLM_F_DUMP_INTR). Whoever follows changes hears of that very
    /// change and reads again, so it is not looked at.
    /// </remarks>
    public IReadOnlyList<Link> Links()
    {
        var links = new List<Link>();
        Check(_socket.Exchange(new NetlinkRequest(RTM_GETLINK, NLM_F_DUMP, stackalloc byte[LinkLength]), reply =>
        {
            var kind = NetlinkReply.FindIn(reply.Find(LinkLength, IFLA_LINKINFO), IFLA_INFO_KIND);
            var flags = BitConverter.ToUInt32(reply.Body[8..]);
            var mac = reply.Find(LinkLength, IFLA_ADDRESS);
            links.Add(new Link(
                BitConverter.ToInt32(reply.Body[4..]),
                Text(reply.Find(LinkLength, IFLA_IFNAME)),
                Text(kind),
                Text(reply.Find(LinkLength, IFLA_IFALIAS)),
                (flags & IFF_UP) != 0)
            {
                Mac = mac.Length == EthernetAddressLength ? new PhysicalAddress(mac.ToArray()) : null,
                HasNeighbours = (flags & (IFF_UP | IFF_LOWER_UP | IFF_BROADCAST | IFF_NOARP | IFF_LOOPBACK)) == (IFF_UP | IFF_LOWER_UP | IFF_BROADCAST)
                    && reply.Find(LinkLength, IFLA_MASTER).IsEmpty,
            });
        }));
        return links;
    }

    /// <summary>Every address of both families.</summary>
    public IReadOnlyList<LinkAddress> Addresses()
    {
        var addresses = new List<LinkAddress>();
        Check(_socket.Exchange(new NetlinkRequest(RTM_GETADDR, NLM_F_DUMP, stackalloc byte[AddressLength]), reply =>
        {
            // On a point-to-point link IFA_ADDRESS is the other end's.
            var local = reply.Find(AddressLength, IFA_LOCAL);
            var bytes = local.IsEmpty ? reply.Find(AddressLength, IFA_ADDRESS) : local;
            if (bytes.Length is 4 or 16)
            {
                addresses.Add(new LinkAddress(BitConverter.ToInt32(reply.Body[4..]), new IPAddress(bytes), reply.Body[1], IsAnnounced(reply)));
            }
        }));
        return addresses;
    }

    /// <summary>Makes a virtual interface of a kind that needs no further settings. It is down.</summary>
    public int AddLink(string name, string kind)
    {
        // An attribute inside an attribute: its length, its type, its letters.
        Span<byte> info = stackalloc byte[sizeof(int) + kind.Length];
        BitConverter.TryWriteBytes(info, (ushort)info.Length);
        BitConverter.TryWriteBytes(info[2..], IFLA_INFO_KIND);
        Encoding.ASCII.GetBytes(kind, info[4..]);
        return _socket.Exchange(LinkRequest(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, index: 0, linkFlags: 0)
            .With(IFLA_IFNAME, Encoding.ASCII.GetBytes(name + '\0'))
            .With(IFLA_LINKINFO, info));
    }

    /// <summary>Sets an interface up.</summary>
    public int SetUp(int index) => _socket.Exchange(LinkRequest(RTM_NEWLINK, NLM_F_ACK, index, IFF_UP));

    /// <summary>Gives an interface a comment.</summary>
    public int SetAlias(int index, string alias) =>
        _socket.Exchange(LinkRequest(RTM_NEWLINK, NLM_F_ACK, index, linkFlags: 0).With(IFLA_IFALIAS, Encoding.ASCII.GetBytes(alias)));

    /// <summary>Deletes an interface with its addresses.</summary>
    public int DeleteLink(int index) => _socket.Exchange(LinkRequest(RTM_DELLINK, NLM_F_ACK, index, linkFlags: 0));

    /// <summary>Adds an address of full length. No duplicate address detection: a tentative IPv6 address cannot be bound.</summary>
    public int AddAddress(int index, IPAddress address) =>
        _socket.Exchange(AddressRequest(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, index, address));

    /// <summary>
    /// Adds an address of full length that the kernel takes away by itself after <paramref name="seconds"/>, or lets it stay for that long from now.
    /// It is never chosen as the source of what this host sends on its own (IPv6), and brings no route.
    /// </summary>
    public int LeaseAddress(int index, IPAddress address, uint seconds)
    {
        // struct ifa_cacheinfo: preferred and valid lifetime in seconds, then two times the kernel fills in. A deprecated IPv6 address answers, and
        // is no source (RFC 4862 5.5.4).
        Span<byte> lifetimes = stackalloc byte[16];
        var isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        BitConverter.TryWriteBytes(lifetimes, isIPv6 ? 0 : seconds);
        BitConverter.TryWriteBytes(lifetimes[4..], seconds);
        return _socket.Exchange(AddressRequest(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, index, address)
            .With(IFA_FLAGS, BitConverter.GetBytes(IFA_F_NOPREFIXROUTE | (isIPv6 ? IFA_F_NODAD : 0u)))
            .With(IFA_RT_PRIORITY, BitConverter.GetBytes(AnnouncedMetric))
            .With(IFA_CACHEINFO, lifetimes));
    }

    /// <summary>True when a notice is about an announced address that came or goes on being leased: that happens all the time.</summary>
    public static bool IsLeaseNotice(ReadOnlySpan<byte> notice)
    {
        while (NetlinkReply.TryTake(ref notice, out var reply))
        {
            if (reply.Type != RTM_NEWADDR || !IsAnnounced(reply))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Removes an address of full length.</summary>
    public int DeleteAddress(int index, IPAddress address) => _socket.Exchange(AddressRequest(RTM_DELADDR, NLM_F_ACK, index, address));

    /// <summary>The networks that routes of type local with this protocol number lead to.</summary>
    public IReadOnlyList<IPNetwork> LocalRoutes(byte protocol)
    {
        var networks = new List<IPNetwork>();
        Check(_socket.Exchange(new NetlinkRequest(RTM_GETROUTE, NLM_F_DUMP, stackalloc byte[RouteLength]), reply =>
        {
            var destination = reply.Find(RouteLength, RTA_DST);
            if (reply.Body[4] == RT_TABLE_LOCAL && reply.Body[5] == protocol && reply.Body[7] == RTN_LOCAL && destination.Length is 4 or 16)
            {
                networks.Add(new IPNetwork(new IPAddress(destination), reply.Body[1]));
            }
        }));
        return networks;
    }

    /// <summary>
    /// Makes all addresses of a network addresses of this host, for packets that are looked up in this table:
    /// <c>ip route add local NETWORK dev DEVICE table TABLE</c>.
    /// </summary>
    public int AddLocalRoute(IPNetwork network, int device, byte protocol, byte table = RT_TABLE_LOCAL) =>
        _socket.Exchange(RouteRequest(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, network, device, protocol, table));

    /// <summary>Takes that back.</summary>
    public int DeleteLocalRoute(IPNetwork network, int device, byte protocol, byte table = RT_TABLE_LOCAL) =>
        _socket.Exchange(RouteRequest(RTM_DELROUTE, NLM_F_ACK, network, device, protocol, table));

    /// <summary>Looks packets with this bit in their mark up in a table: <c>ip rule add fwmark MARK/MARK lookup TABLE</c>.</summary>
    public int AddMarkRule(int family, uint mark, byte table, uint priority, byte protocol) =>
        _socket.Exchange(RuleRequest(RTM_NEWRULE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, family, mark, table, priority, protocol));

    /// <summary>Takes that back.</summary>
    public int DeleteMarkRule(int family, uint mark, byte table, uint priority, byte protocol) =>
        _socket.Exchange(RuleRequest(RTM_DELRULE, NLM_F_ACK, family, mark, table, priority, protocol));

    public void Dispose() => _socket.Dispose();

    private static NetlinkRequest LinkRequest(ushort type, ushort flags, int index, uint linkFlags)
    {
        // Family and hardware type, which do not matter; index, flags, and which of the flags to change.
        Span<byte> body = stackalloc byte[LinkLength];
        BitConverter.TryWriteBytes(body[4..], index);
        BitConverter.TryWriteBytes(body[8..], linkFlags);
        BitConverter.TryWriteBytes(body[12..], linkFlags);
        return new NetlinkRequest(type, flags, body);
    }

    private static NetlinkRequest AddressRequest(ushort type, ushort flags, int index, IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        Span<byte> body = stackalloc byte[AddressLength];
        body[0] = FamilyOf(bytes);
        body[1] = (byte)(bytes.Length * 8);
        body[2] = FamilyOf(bytes) == Libc.AF_INET6 ? IFA_F_NODAD : (byte)0;
        BitConverter.TryWriteBytes(body[4..], index);
        return new NetlinkRequest(type, flags, body).With(IFA_LOCAL, bytes).With(IFA_ADDRESS, bytes);
    }

    private static NetlinkRequest RouteRequest(ushort type, ushort flags, IPNetwork network, int device, byte protocol, byte table)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        Span<byte> body = stackalloc byte[RouteLength];
        body[0] = FamilyOf(bytes);
        body[1] = (byte)network.PrefixLength;
        body[4] = table;
        body[5] = protocol;
        body[6] = RT_SCOPE_HOST;
        body[7] = RTN_LOCAL;
        return new NetlinkRequest(type, flags, body).With(RTA_DST, bytes).With(RTA_OIF, BitConverter.GetBytes(device));
    }

    private static NetlinkRequest RuleRequest(ushort type, ushort flags, int family, uint mark, byte table, uint priority, byte protocol)
    {
        Span<byte> body = stackalloc byte[RuleLength];
        body[0] = (byte)family;
        body[4] = table;
        body[7] = FR_ACT_TO_TBL;
        return new NetlinkRequest(type, flags, body)
            .With(FRA_PRIORITY, BitConverter.GetBytes(priority))
            .With(FRA_FWMARK, BitConverter.GetBytes(mark))
            .With(FRA_FWMASK, BitConverter.GetBytes(mark))
            .With(FRA_PROTOCOL, [protocol]);
    }

    private static bool IsAnnounced(NetlinkReply reply) =>
        reply.Find(AddressLength, IFA_RT_PRIORITY) is { Length: sizeof(uint) } metric && BitConverter.ToUInt32(metric) == AnnouncedMetric;

    private static byte FamilyOf(byte[] address) => (byte)(address.Length == 4 ? Libc.AF_INET : Libc.AF_INET6);

    private static string Text(ReadOnlySpan<byte> zeroTerminated) => Encoding.ASCII.GetString(zeroTerminated.TrimEnd((byte)0));

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw Errno.ToException(error);
        }
    }
}
