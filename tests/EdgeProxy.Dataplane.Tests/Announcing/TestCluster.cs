using System.Collections.Immutable;
using System.Net;
using EdgeProxy.Dataplane.Announcing;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dataplane.Tests.Announcing;

/// <summary>
/// Nodes with their announcers on one LAN in memory. A node that is not run is stopped where it is. Membership is as the test says: whom each node
/// takes for alive, which may be wrong.
/// </summary>
internal sealed class TestCluster
{
    public static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(50);

    private readonly List<TestNode> _nodes = [];
    private readonly ImmutableArray<AddressPool> _pools = [new AddressPool { Name = "test", Ranges = [AddressRange.Parse("192.0.2.0/24")] }];

    public ManualTimeProvider Time { get; } = new();

    public RecordingLoggerFactory Log { get; } = new();

    public TestLan Lan { get; }

    public ProxySnapshot Snapshot { get; private set; } = ProxySnapshot.Empty;

    public IReadOnlyList<TestNode> Nodes => _nodes;

    public TestCluster(int nodes, AnnouncerOptions? options = null)
    {
        Lan = new TestLan(Time);
        for (var i = 0; i < nodes; i++)
        {
            _nodes.Add(new TestNode(this, $"node-{i + 1}", options ?? new AnnouncerOptions()));
        }
    }

    /// <summary>The nodes whose kernels have the address.</summary>
    public string Holders(string address) => string.Join(' ', Lan.Holders(IPAddress.Parse(address)));

    /// <summary>Makes a Service with this address, or several.</summary>
    public void Publish(string name, params string[] addresses) => Change(builder => builder.SetService(new ServiceConfig
    {
        Name = new NamespacedName("default", name),
        LoadBalancerIPs = [.. addresses.Select(address => IpAddr.Parse(address))],
        Ports = [new ServicePortConfig { Name = "", Port = 80, Endpoints = [new Endpoint { Address = EndpointAddress.Parse("10.0.0.1:80") }] }],
    }));

    public void Remove(string name) => Change(builder => builder.RemoveService(new NamespacedName("default", name)));

    /// <summary>Lets time pass; <paramref name="check"/> is asked after each turn.</summary>
    public void Run(TimeSpan time, Action? check = null)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Turn)
        {
            Time.Advance(Turn);
            foreach (var node in _nodes.Where(node => !node.IsStopped))
            {
                node.TakeTurn();
                check?.Invoke();
            }
        }
    }

    private void Change(Action<SnapshotBuilder> change)
    {
        var builder = new SnapshotBuilder(Snapshot, new LocalNode { Name = "any" }, Time) { AddressPools = _pools };
        change(builder);
        Snapshot = builder.Build();
        _nodes.ForEach(node => node.Plan.Follow(Snapshot));
    }

    internal sealed class TestNode : INodeMembership
    {
        private readonly TestCluster _cluster;
        private readonly Announcer _announcer;

        public TestNode(TestCluster cluster, string name, AnnouncerOptions options)
        {
            _cluster = cluster;
            Self = name;
            Port = cluster.Lan.Connect(name);
            _announcer = new Announcer(Port, Plan, this, options, () => Labels, cluster.Log.CreateLogger(name), cluster.Time);
        }

        public AnnouncementPlan Plan { get; } = new();

        public TestLan.Port Port { get; }

        public Dictionary<string, string> Labels { get; } = [];

        public string Self { get; }

        public bool IsStopped { get; set; }

        public NodeStanding Standing { get; set; }

        /// <summary>Nodes it takes for dead.</summary>
        public HashSet<string> GivenUp { get; } = [];

        public AnnouncingNode? Offered { get; private set; }

        public ImmutableArray<AnnouncingNode> Live => [.. _cluster.Nodes.Where(node => !GivenUp.Contains(node.Self)).Select(node => node.Offered).OfType<AnnouncingNode>()];

        public void Offer(AnnouncingNode self) => Offered = self;

        public void HostChanged() => _announcer.HostChanged();

        public void TakeTurn()
        {
            while (Port.Unheard.TryDequeue(out var notice))
            {
                _announcer.Heard(notice);
            }

            _announcer.Tick();
        }
    }
}
