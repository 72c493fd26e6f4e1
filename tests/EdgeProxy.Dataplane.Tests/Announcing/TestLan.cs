using System.Net;
using System.Net.NetworkInformation;
using EdgeProxy.Transport.Addresses;

namespace EdgeProxy.Dataplane.Tests.Announcing;

/// <summary>A LAN in memory: kernels that answer for the addresses they have until their lease is over, and the words that go over the wire.</summary>
internal sealed class TestLan(TimeProvider time)
{
    private readonly List<Port> _ports = [];

    public Port Connect(string node)
    {
        var port = new Port(this, (byte)(_ports.Count + 1), node);
        _ports.Add(port);
        return port;
    }

    /// <summary>The nodes whose kernels have an address now.</summary>
    public IReadOnlyList<string> Holders(IPAddress address) => [.. _ports.Where(port => port.Has(address)).Select(port => port.Node)];

    private void Broadcast(Port from, NeighbourNotice notice)
    {
        foreach (var port in _ports.Where(port => port != from && port.IsUp && from.IsUp))
        {
            port.Unheard.Enqueue(notice);
            if (port.Has(notice.Address))
            {
                from.Unheard.Enqueue(new NeighbourNotice(notice.Address, NeighbourClaim.Has, port.Mac));
            }
        }
    }

    internal sealed class Port(TestLan lan, byte number, string node) : ILan
    {
        // As late as the kernel may be.
        private static readonly TimeSpan Slack = TimeSpan.FromSeconds(0.25);

        private readonly Dictionary<IPAddress, (long At, TimeSpan Lifetime)> _leases = [];

        public string Node => node;

        public PhysicalAddress Mac { get; } = new([2, 0, 0, 0, 0, number]);

        public Queue<NeighbourNotice> Unheard { get; } = new();

        public bool IsUp { get; set; } = true;

        public HashSet<IPAddress> OwnForGood { get; } = [];

        /// <summary>What was announced, in order.</summary>
        public List<string> Announced { get; } = [];

        public IReadOnlyList<LanInterface> Interfaces { get; private set; } = [];

        public bool Has(IPAddress address) =>
            IsUp && (OwnForGood.Contains(address) || (_leases.TryGetValue(address, out var lease) && lan.Elapsed(lease.At) < lease.Lifetime + Slack));

        public void Read() => Interfaces = IsUp ? [new LanInterface(1, "eth0", Mac, [IPNetwork.Parse("192.0.2.0/24")])] : [];

        public bool Owns(IPAddress address) => OwnForGood.Contains(address);

        public void Hold(LanInterface on, IPAddress address, TimeSpan lifetime) => _leases[address] = (lan.Now, lifetime);

        public void Release(LanInterface on, IPAddress address) => _leases.Remove(address);

        public void Probe(LanInterface on, IPAddress address) => lan.Broadcast(this, new NeighbourNotice(address, NeighbourClaim.Wants, Mac));

        public void Announce(LanInterface on, IPAddress address)
        {
            Announced.Add(address.ToString());
            lan.Broadcast(this, new NeighbourNotice(address, NeighbourClaim.Has, Mac));
        }
    }

    private long Now => time.GetTimestamp();

    private TimeSpan Elapsed(long since) => time.GetElapsedTime(since);
}
