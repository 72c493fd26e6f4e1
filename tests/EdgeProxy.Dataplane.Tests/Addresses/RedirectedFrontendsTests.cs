using EdgeProxy.Dataplane.Addresses;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Dataplane.Tests.Addresses;

/// <summary>What is redirected, as Services, endpoints and addresses of the host come and go.</summary>
public sealed class RedirectedFrontendsTests : IDisposable
{
    private const string Add = "add element inet edgeproxy ";
    private const string Delete = "delete element inet edgeproxy ";

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    private readonly RecordingRedirector _redirector = new();
    private readonly SnapshotPublisher _snapshots = new();
    private readonly ManualTimeProvider _time = new();
    private readonly RecordingLoggerFactory _log = new();
    private readonly RedirectedFrontends _frontends;

    public RedirectedFrontendsTests()
    {
        _frontends = new RedirectedFrontends(_redirector, _snapshots, Linger, _log, _time);
        _redirector.Commands.Clear();
    }

    [Fact]
    public void Frontends_are_redirected_before_their_snapshot_is_live_in_one_transaction()
    {
        var live = new List<long>();
        _redirector.OnApply = () => live.Add(_snapshots.Current.Generation);

        Publish(builder =>
        {
            builder.SetService(Served("web", "10.96.0.1"));
            builder.SetService(Served("api", "10.96.0.2"));
        });

        Assert.Equal([0], live);
        var commands = _redirector.Commands.Single();
        Assert.Contains("10.96.0.1 . tcp . 80 : goto serve", commands, StringComparison.Ordinal);
        Assert.Contains("10.96.0.2 . tcp . 80 : goto serve", commands, StringComparison.Ordinal);
    }

    [Fact]
    public void External_addresses_are_redirected_port_by_port_and_node_ports_not_at_all()
    {
        Publish(builder => builder.SetService(new ServiceConfig
        {
            Name = Named("web"),
            ClusterIPs = [IpAddr.Parse("10.96.0.1")],
            LoadBalancerIPs = [IpAddr.Parse("198.51.100.1")],
            ExternalIPs = [IpAddr.Parse("198.51.100.2")],
            Ports = [new ServicePortConfig { Name = "", Port = 80, NodePort = 30080, Endpoints = [Endpoint] }],
        }));

        var commands = _redirector.Commands.Single();
        Assert.Contains("198.51.100.1 . tcp . 80 : goto serve", commands, StringComparison.Ordinal);
        Assert.Contains("198.51.100.2 . tcp . 80 : goto serve", commands, StringComparison.Ordinal);
        Assert.Contains("clusterIPs4 { 10.96.0.1 }", commands, StringComparison.Ordinal);
        Assert.DoesNotContain("30080", commands, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frontend_without_endpoints_is_refused_and_served_when_it_gets_one()
    {
        Publish(builder => builder.SetService(Service("web", "10.96.0.1")));
        Assert.Contains("10.96.0.1 . tcp . 80 : goto refuse", _redirector.Commands.Single(), StringComparison.Ordinal);
        _redirector.Commands.Clear();

        Publish(builder => builder.SetService(Served("web", "10.96.0.1")));

        Assert.Equal(
            [$"{Add}frontends4 {{ 10.96.0.1 . tcp . 80 : goto serve }}", $"{Delete}frontends4 {{ 10.96.0.1 . tcp . 80 }}"],
            Sorted(_redirector.Commands.Single()));
    }

    [Fact]
    public void A_change_of_endpoints_that_leaves_some_runs_nothing()
    {
        Publish(builder => builder.SetService(Served("web", "10.96.0.1")));
        _redirector.Commands.Clear();

        Publish(builder => builder.SetService(
            Service("web", "10.96.0.1", Endpoint, Endpoint with { Address = new EndpointAddress(IpAddr.Parse("10.0.0.2"), 8080) })));

        Assert.Empty(_redirector.Commands);
    }

    [Fact]
    public void A_frontend_that_went_refuses_until_its_connections_may_have_drained()
    {
        Publish(builder => builder.SetService(Served("web", "10.96.0.1")));
        _redirector.Commands.Clear();

        Publish(builder => builder.RemoveService(Named("web")));
        Assert.Contains("10.96.0.1 . tcp . 80 : goto refuse", _redirector.Commands.Single(), StringComparison.Ordinal);
        _redirector.Commands.Clear();

        _time.Advance(Linger - TimeSpan.FromMilliseconds(1));
        Assert.Empty(_redirector.Commands);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal($"{Delete}frontends4 {{ 10.96.0.1 . tcp . 80 }}\n", _redirector.Commands.Single());
    }

    [Fact]
    public void A_service_that_comes_back_meanwhile_is_served_on()
    {
        Publish(builder => builder.SetService(Served("web", "10.96.0.1")));
        Publish(builder => builder.RemoveService(Named("web")));
        Publish(builder => builder.SetService(Served("web", "10.96.0.1")));
        _redirector.Commands.Clear();

        _time.Advance(Linger * 2);

        Assert.Empty(_redirector.Commands);
    }

    [Fact]
    public void An_address_the_host_has_is_not_redirected_until_the_host_loses_it()
    {
        _redirector.Host.Add(IpAddr.Parse("10.96.0.1"));
        _frontends.Reconcile();
        Publish(builder => builder.SetService(Served("web", "10.96.0.1")));
        Assert.Empty(_redirector.Commands);

        _redirector.Host.Clear();
        _frontends.Reconcile();
        Assert.Contains("10.96.0.1 . tcp . 80 : goto serve", _redirector.Commands.Single(), StringComparison.Ordinal);
        _redirector.Commands.Clear();

        _redirector.Host.Add(IpAddr.Parse("10.96.0.1"));
        _frontends.Reconcile();
        Assert.Equal(
            [$"{Delete}clusterIPs4 {{ 10.96.0.1 }}", $"{Delete}frontends4 {{ 10.96.0.1 . tcp . 80 }}"],
            Sorted(_redirector.Commands.Single()));
    }

    [Fact]
    public void Loopback_addresses_are_the_hosts_already()
    {
        Publish(builder => builder.SetService(Served("web", "127.96.0.1")));

        Assert.Empty(_redirector.Commands);
    }

    [Fact]
    public void A_table_somebody_flushed_is_made_anew_with_everything_in_it()
    {
        Publish(builder => builder.SetService(Served("web", "10.96.0.1")));
        _redirector.Refuses = "No such file or directory";
        _redirector.Commands.Clear();

        Publish(builder => builder.SetService(Served("api", "10.96.0.2")));

        var whole = _redirector.Commands.Single();
        Assert.StartsWith("table inet edgeproxy {", whole, StringComparison.Ordinal);
        Assert.Contains("10.96.0.1 . tcp . 80 : goto serve", whole, StringComparison.Ordinal);
        Assert.Contains("10.96.0.2 . tcp . 80 : goto serve", whole, StringComparison.Ordinal);
        Assert.Contains("No such file or directory", Assert.Single(_log.Lines, line => line.EventId == 257).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_that_fails_is_made_up_for_with_the_next()
    {
        (_redirector.Refuses, _redirector.RefusesAll) = ("nft is gone", true);
        Publish(builder => builder.SetService(Served("web", "10.96.0.1")));
        Assert.Equal(1, _snapshots.Current.Generation);
        Assert.Contains("nft is gone", Assert.Single(_log.Lines, line => line.EventId == 256).Text, StringComparison.Ordinal);

        _redirector.RefusesAll = false;
        Publish(builder => builder.SetService(Served("api", "10.96.0.2")));

        Assert.Contains("10.96.0.1 . tcp . 80 : goto serve", _redirector.Commands.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Once_disposed_it_touches_the_table_no_more()
    {
        Publish(builder => builder.SetService(Served("web", "10.96.0.1")));
        Publish(builder => builder.RemoveService(Named("web")));
        _redirector.Commands.Clear();

        _frontends.Dispose();
        _time.Advance(Linger * 2);
        _frontends.Reconcile();
        Publish(builder => builder.SetService(Served("late", "10.96.0.2")));

        Assert.Empty(_redirector.Commands);
    }

    public void Dispose()
    {
        _frontends.Dispose();
        _log.Dispose();
    }

    private static Endpoint Endpoint { get; } = new() { Address = new EndpointAddress(IpAddr.Parse("10.0.0.1"), 8080) };

    private static NamespacedName Named(string name) => new("default", name);

    private static ServiceConfig Served(string name, string clusterIP) => Service(name, clusterIP, Endpoint);

    private static ServiceConfig Service(string name, string clusterIP, params Endpoint[] endpoints) => new()
    {
        Name = Named(name),
        ClusterIPs = [IpAddr.Parse(clusterIP)],
        Ports = [new ServicePortConfig { Name = "", Port = 80, Endpoints = [.. endpoints] }],
    };

    private static string[] Sorted(string commands) =>
        [.. commands.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    private void Publish(Action<SnapshotBuilder> change)
    {
        var builder = new SnapshotBuilder(
            _snapshots.Current, new LocalNode { Name = "n1", NodePortAddresses = [IpAddr.Parse("192.0.2.1")] }, TimeProvider.System);
        change(builder);
        _snapshots.Publish(builder.Build());
    }

    private sealed class RecordingRedirector : IRedirector
    {
        public HashSet<IpAddr> Host { get; } = [];

        public List<string> Commands { get; } = [];

        public Action? OnApply { get; set; }

        /// <summary>What changes are refused with.</summary>
        public string? Refuses { get; set; }

        /// <summary>Whether new tables are, too.</summary>
        public bool RefusesAll { get; set; }

        public IReadOnlySet<IpAddr> HostAddresses() => Host.ToHashSet();

        public void Apply(string commands)
        {
            if (Refuses is { } reason)
            {
                throw new IOException(reason);
            }

            OnApply?.Invoke();
            Commands.Add(commands);
        }

        public void Replace(string definition)
        {
            if (RefusesAll)
            {
                throw new IOException(Refuses);
            }

            Commands.Add(definition);
        }
    }
}
