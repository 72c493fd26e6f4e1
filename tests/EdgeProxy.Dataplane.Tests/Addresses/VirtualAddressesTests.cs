using System.Collections.Immutable;
using System.Net;
using EdgeProxy.Dataplane.Addresses;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Addresses;

namespace EdgeProxy.Dataplane.Tests.Addresses;

/// <summary>Which addresses the interface has, as Services come and go.</summary>
public sealed class VirtualAddressesTests : IDisposable
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    private readonly RecordingHolder _holder = new();
    private readonly SnapshotPublisher _snapshots = new();
    private readonly ManualTimeProvider _time = new();
    private readonly RecordingLoggerFactory _log = new();
    private VirtualAddresses _addresses;

    public VirtualAddressesTests() => _addresses = Follow(Linger);

    [Fact]
    public void An_address_is_there_before_the_snapshot_that_asks_for_it_is_live()
    {
        var live = new List<long>();
        _holder.OnAdd = _ => live.Add(_snapshots.Current.Generation);

        Publish(builder => builder.SetService(Service("web", "10.96.0.1")));

        Assert.Equal([0], live);
        Assert.Equal(["10.96.0.1"], _holder.Own);
    }

    [Fact]
    public void Cluster_load_balancer_and_external_addresses_are_added_but_no_node_address()
    {
        Publish(builder => builder.SetService(new ServiceConfig
        {
            Name = new NamespacedName("default", "web"),
            ClusterIPs = [IpAddr.Parse("10.96.0.1")],
            LoadBalancerIPs = [IpAddr.Parse("198.51.100.1")],
            ExternalIPs = [IpAddr.Parse("198.51.100.2")],
            Ports = [new ServicePortConfig { Name = "", Port = 80, NodePort = 30080 }],
        }));

        Assert.Equal(["10.96.0.1", "198.51.100.1", "198.51.100.2"], _holder.Own.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_an_earlier_run_left_is_kept_when_it_is_wanted_and_removed_when_it_is_not()
    {
        _holder.Own.AddRange(["10.96.0.1", "10.96.0.9"]);

        Publish(builder => builder.SetService(Service("web", "10.96.0.1")));

        Assert.Equal(["10.96.0.1"], _holder.Own);
        Assert.Equal(["- 10.96.0.9"], _holder.Changes);
    }

    [Fact]
    public void A_link_local_address_the_kernel_gave_the_interface_stays()
    {
        _holder.LinkLocal = "fe80::1";

        Publish(builder => builder.SetService(Service("web", "10.96.0.1")));

        Assert.Equal(["+ 10.96.0.1"], _holder.Changes);
    }

    [Fact]
    public void The_address_of_a_service_that_went_stays_while_its_connections_may_drain()
    {
        Publish(builder => builder.SetService(Service("web", "10.96.0.1")));

        Publish(builder => builder.RemoveService(new NamespacedName("default", "web")));
        _time.Advance(Linger - TimeSpan.FromMilliseconds(1));
        Assert.Equal(["10.96.0.1"], _holder.Own);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Empty(_holder.Own);
    }

    [Fact]
    public void A_service_that_comes_back_meanwhile_keeps_its_address()
    {
        Publish(builder => builder.SetService(Service("web", "10.96.0.1")));
        Publish(builder => builder.RemoveService(new NamespacedName("default", "web")));

        Publish(builder => builder.SetService(Service("web", "10.96.0.1")));
        _time.Advance(Linger * 2);

        Assert.Equal(["+ 10.96.0.1"], _holder.Changes);
    }

    [Fact]
    public void An_address_two_services_share_goes_with_the_second()
    {
        _addresses.Dispose();
        _addresses = Follow(TimeSpan.Zero);
        Publish(builder =>
        {
            builder.SetService(Shared("one", 80));
            builder.SetService(Shared("two", 81));
        });

        Publish(builder => builder.RemoveService(new NamespacedName("default", "one")));
        Assert.Contains("198.51.100.1", _holder.Own);

        Publish(builder => builder.RemoveService(new NamespacedName("default", "two")));
        Assert.Empty(_holder.Own);
    }

    [Fact]
    public void An_address_the_host_loses_becomes_ours_and_is_given_back_when_it_returns()
    {
        _holder.Foreign.Add("10.96.0.1");
        Publish(builder => builder.SetService(Service("web", "10.96.0.1")));
        Assert.Empty(_holder.Own);

        _holder.Foreign.Clear();
        _addresses.Reconcile();
        Assert.Equal(["10.96.0.1"], _holder.Own);

        _holder.Foreign.Add("10.96.0.1");
        _addresses.Reconcile();
        Assert.Empty(_holder.Own);
    }

    [Fact]
    public void An_address_somebody_took_from_the_interface_is_put_back()
    {
        Publish(builder => builder.SetService(Service("web", "10.96.0.1")));

        _holder.Own.Clear();
        _addresses.Reconcile();

        Assert.Equal(["10.96.0.1"], _holder.Own);
    }

    [Fact]
    public void An_address_the_kernel_refuses_is_named_once_and_the_others_are_added()
    {
        _holder.Refused.Add("10.96.0.1");

        Publish(builder =>
        {
            builder.SetService(Service("bad", "10.96.0.1"));
            builder.SetService(Service("good", "10.96.0.2"));
        });
        _addresses.Reconcile();

        Assert.Equal(["10.96.0.2"], _holder.Own);
        Assert.Equal(2, _snapshots.Current.Services.Count);
        var line = Assert.Single(_log.Lines, line => line.EventId == 252);
        Assert.Contains("10.96.0.1 cannot be added or removed: refused", line.Text, StringComparison.Ordinal);

        _holder.Refused.Clear();
        _addresses.Reconcile();
        Assert.Contains("10.96.0.1", _holder.Own);
    }

    [Fact]
    public void Once_disposed_it_touches_the_interface_no_more()
    {
        Publish(builder => builder.SetService(Service("web", "10.96.0.1")));
        Publish(builder => builder.RemoveService(new NamespacedName("default", "web")));

        _addresses.Dispose();
        _time.Advance(Linger * 2);
        _addresses.Reconcile();
        Publish(builder => builder.SetService(Service("late", "10.96.0.2")));

        Assert.Equal(["+ 10.96.0.1"], _holder.Changes);
    }

    public void Dispose()
    {
        _addresses.Dispose();
        _log.Dispose();
    }

    private VirtualAddresses Follow(TimeSpan linger) => new(_holder, _snapshots, linger, _log, _time, FrontendKind.LoadBalancer, FrontendKind.ExternalIP);

    private void Publish(Action<SnapshotBuilder> change)
    {
        var builder = new SnapshotBuilder(
            _snapshots.Current, new LocalNode { Name = "n1", NodePortAddresses = [IpAddr.Parse("192.0.2.1")] }, TimeProvider.System);
        change(builder);
        _snapshots.Publish(builder.Build());
    }

    private static ServiceConfig Service(string name, params string[] clusterIPs) => new()
    {
        Name = new NamespacedName("default", name),
        ClusterIPs = [.. clusterIPs.Select(text => IpAddr.Parse(text))],
        Ports = [new ServicePortConfig { Name = "", Port = 80 }],
    };

    private static ServiceConfig Shared(string name, ushort port) => new()
    {
        Name = new NamespacedName("default", name),
        ClusterIPs = [IpAddr.Parse($"10.96.0.{port}")],
        LoadBalancerIPs = [IpAddr.Parse("198.51.100.1")],
        Ports = [new ServicePortConfig { Name = "", Port = port }],
    };

    private sealed class RecordingHolder : IAddressHolder
    {
        public string Name => "edgeproxy-test";

        public List<string> Own { get; } = [];

        public List<string> Foreign { get; } = [];

        public HashSet<string> Refused { get; } = [];

        public List<string> Changes { get; } = [];

        public string? LinkLocal { get; set; }

        public Action<string>? OnAdd { get; set; }

        public IReadOnlyList<InterfaceAddress> Read() =>
            [.. Own.Select(text => Address(Name, text, text.Contains(':', StringComparison.Ordinal) ? 128 : 32)),
                .. ImmutableArray.Create(LinkLocal).OfType<string>().Select(text => Address(Name, text, 64)),
                .. Foreign.Select(text => Address("eth9", text, 24))];

        public void Add(IPAddress address)
        {
            OnAdd?.Invoke($"{address}");
            if (Refused.Contains($"{address}"))
            {
                throw new IOException("refused");
            }

            Own.Add($"{address}");
            Changes.Add($"+ {address}");
        }

        public void Remove(IPAddress address)
        {
            Own.Remove($"{address}");
            Changes.Add($"- {address}");
        }

        private static InterfaceAddress Address(string name, string text, int length) => new(name, IPAddress.Parse(text), length, IsUp: true);
    }
}
