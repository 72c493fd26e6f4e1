using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Addresses;

/// <summary>
/// The LANs of this network namespace. Owns the addresses it holds and its sockets; removes both when disposed. Needs the capabilities NET_ADMIN and
/// NET_RAW.
/// </summary>
public sealed class Lan : ILan, IDisposable
{
    // As of Linux, BPF_LD | BPF_B | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K.
    private const ushort LoadByte = 0x30;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;

    // Neighbour solicitations and advertisements, of all that is IPv6.
    private static readonly SockFilter[] DiscoveryOnly =
    [
        new(LoadByte, 0, 0, NeighbourFrames.NextHeaderOffset),
        new(JumpIfEqual, 0, 4, NeighbourFrames.IcmpV6),
        new(LoadByte, 0, 0, NeighbourFrames.IcmpTypeOffset),
        new(JumpIfEqual, 1, 0, NeighbourFrames.NeighbourSolicitation),
        new(JumpIfEqual, 0, 1, NeighbourFrames.NeighbourAdvertisement),
        new(Return, 0, 0, uint.MaxValue),
        new(Return, 0, 0, 0),
    ];

    private readonly ImmutableArray<string> _names;
    private readonly AddressLock _lock;
    private readonly RtNetlink _netlink = new();
    private readonly ManualResetEventSlim _never = new();
    private readonly Dictionary<LanInterface, Ears> _ears = [];
    private readonly byte[] _frame = new byte[2048];
    private HashSet<IPAddress> _own = [];

    private Lan(ImmutableArray<string> names, AddressLock addressLock)
    {
        _names = names;
        _lock = addressLock;
    }

    /// <inheritdoc />
    public IReadOnlyList<LanInterface> Interfaces { get; private set; } = [];

    /// <summary>Begins. Addresses that a run that died left are removed.</summary>
    /// <param name="names">The interfaces to use; empty: those that are on a network.</param>
    /// <exception cref="IOException">A capability is missing, or another process of this network namespace announces; the message says which.</exception>
    public static Lan Open(ImmutableArray<string> names)
    {
        var lan = new Lan(names, AddressLock.Take("the LAN"));
        try
        {
            lan.RemoveLeftovers();
            lan.Read();
            return lan;
        }
        catch (Exception error)
        {
            lan.Dispose();
            throw error as IOException ?? new IOException($"the LAN cannot be listened to: {error.Message}", error);
        }
    }

    /// <inheritdoc />
    public void Read()
    {
        try
        {
            var addresses = _netlink.Addresses();
            _own = [.. addresses.Where(address => !address.IsAnnounced).Select(address => address.Address)];
            Interfaces = [.. _netlink.Links().Where(IsUsed).Select(link => Describe(link, addresses)).Where(each => !_names.IsEmpty || !each.Networks.IsEmpty)];
        }
        catch (SocketException error)
        {
            throw new IOException($"the interfaces of this host cannot be read: {error.Message}", error);
        }

        // A socket is bound to the number of its interface: one that was made again needs another.
        foreach (var gone in _ears.Keys.Where(each => !Interfaces.Any(now => IsSame(now, each))).ToList())
        {
            _ears[gone].Dispose();
            _ears.Remove(gone);
        }

        foreach (var each in Interfaces.Where(each => FindEars(each) is null))
        {
            _ears.Add(each, Ears.Open(each));
        }
    }

    /// <inheritdoc />
    public bool Owns(IPAddress address) => _own.Contains(address);

    /// <inheritdoc />
    public void Hold(LanInterface on, IPAddress address, TimeSpan lifetime)
    {
        if (_netlink.LeaseAddress(on.Index, address, (uint)lifetime.TotalSeconds) is not 0 and var error)
        {
            throw Refused(on, error);
        }
    }

    /// <inheritdoc />
    public void Release(LanInterface on, IPAddress address)
    {
        if (_netlink.DeleteAddress(on.Index, address) is not (0 or Errno.EADDRNOTAVAIL or Errno.ENODEV) and var error)
        {
            throw Refused(on, error);
        }
    }

    /// <inheritdoc />
    public void Probe(LanInterface on, IPAddress address) => Send(on, address, NeighbourFrames.Probe(address, on.Mac));

    /// <inheritdoc />
    public void Announce(LanInterface on, IPAddress address)
    {
        foreach (var frame in NeighbourFrames.Announcement(address, on.Mac))
        {
            Send(on, address, frame);
        }
    }

    /// <summary>Hands over what neighbours say until <paramref name="time"/> is over, or a while before.</summary>
    public void Listen(TimeSpan time, Action<NeighbourNotice> heard)
    {
        var sockets = _ears.Values.SelectMany(ears => new[] { ears.Arp, ears.Discovery }).ToList();
        if (sockets.Count == 0)
        {
            _never.Wait(time);
            return;
        }

        Socket.Select(sockets, null, null, time);
        foreach (var socket in sockets)
        {
            while (TryReceive(socket, out var length))
            {
                if (NeighbourFrames.TryRead(_frame.AsSpan(0, length), out var notice) && !Interfaces.Any(own => own.Mac.Equals(notice.Mac)))
                {
                    heard(notice);
                }
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var ears in _ears.Values)
        {
            ears.Dispose();
        }

        _netlink.Dispose();
        _never.Dispose();
        _lock.Dispose();
    }

    private static bool IsSame(LanInterface one, LanInterface other) => one.Index == other.Index && one.Mac.Equals(other.Mac);

    private static LanInterface Describe(Link link, IReadOnlyList<LinkAddress> addresses) => new(
        link.Index,
        link.Name,
        link.Mac ?? PhysicalAddress.None,
        [.. addresses
            .Where(address => address.Index == link.Index && !address.IsAnnounced && !address.Address.IsIPv6LinkLocal)
            .Where(address => address.PrefixLength < (address.Address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128))
            .Select(address => NetworkOf(address.Address, address.PrefixLength))
            .Distinct()]);

    private static IPNetwork NetworkOf(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), length);
    }

    private static IOException Refused(LanInterface on, int error) => new(error switch
    {
        Errno.EPERM => "addresses need the capability NET_ADMIN",
        Errno.ENODEV => $"the interface {on.Name} is gone",

        // addrconf_add_dev in the kernel.
        Errno.EACCES => $"IPv6 is disabled on the interface {on.Name} (net.ipv6.conf.{on.Name}.disable_ipv6)",
        _ => $"the addresses of {on.Name} cannot be changed: {Marshal.GetPInvokeErrorMessage(error)}",
    });

    private bool IsUsed(Link link) => link is { HasNeighbours: true, Mac: not null } && (_names.IsEmpty || _names.Contains(link.Name));

    private Ears? FindEars(LanInterface on) => _ears.FirstOrDefault(entry => IsSame(entry.Key, on)).Value;

    private void RemoveLeftovers()
    {
        foreach (var address in _netlink.Addresses().Where(address => address.IsAnnounced))
        {
            Release(new LanInterface(address.Index, $"number {address.Index}", PhysicalAddress.None, []), address.Address);
        }
    }

    private void Send(LanInterface on, IPAddress address, byte[] frame)
    {
        try
        {
            var ears = FindEars(on);
            (address.AddressFamily == AddressFamily.InterNetwork ? ears?.Arp : ears?.Discovery)?.Send(frame);
        }
        catch (SocketException)
        {
            // The interface went down, or its queue is full: as good as lost on the way, which is reckoned with.
        }
    }

    private bool TryReceive(Socket socket, out int length)
    {
        length = 0;
        try
        {
            length = socket.Receive(_frame.AsSpan(), SocketFlags.None, out var error);
            return error == SocketError.Success && length > 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>What is heard, and said, on one interface. Owns both sockets.</summary>
    private sealed record Ears(Socket Arp, Socket Discovery) : IDisposable
    {
        public static Ears Open(LanInterface on)
        {
            Socket? arp = null;
            try
            {
                arp = PacketSocket.Open(NeighbourFrames.ArpType, on.Index, []);
                return new Ears(arp, PacketSocket.Open(NeighbourFrames.IPv6Type, on.Index, DiscoveryOnly));
            }
            catch (SocketException error)
            {
                arp?.Dispose();
                throw new IOException(
                    error.SocketErrorCode == SocketError.AccessDenied
                        ? "listening to neighbours needs the capability NET_RAW"
                        : $"the interface {on.Name} cannot be listened to: {error.Message}",
                    error);
            }
        }

        public void Dispose()
        {
            Arp.Dispose();
            Discovery.Dispose();
        }
    }
}
