using System.Collections.Immutable;
using EdgeProxy.Model.Tests.Support;
using static EdgeProxy.Model.Tests.Support.Objects;

namespace EdgeProxy.Model.Tests;

public sealed class SnapshotBuilderTests
{
    [Fact]
    public void A_backend_whose_address_stays_is_carried_over_with_its_counts()
    {
        var first = Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.1:80", "10.0.0.2:80"))));
        var kept = first.PortOf("web").Backends[1];
        kept.Hold();

        var second = Build(first, builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.2:80", "10.0.0.3:80"))));

        Assert.Same(kept, second.PortOf("web").Backends[0]);
        Assert.Equal(1, second.PortOf("web").Backends[0].Active);
        Assert.Equal("10.0.0.3:80", second.PortOf("web").Backends[1].ToString());
        Assert.Equal(0, second.PortOf("web").Backends[1].Active);
    }

    [Fact]
    public void Backends_run_parallel_to_the_endpoints_of_the_new_configuration()
    {
        var first = Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.3:80", "10.0.0.1:80"))));

        var second = Build(first, builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"))));

        var port = second.PortOf("web");
        Assert.Equal(port.Config.Endpoints.Select(endpoint => endpoint.Address), port.Backends.Select(backend => backend.Address));
    }

    [Fact]
    public void The_same_address_on_another_port_is_another_backend()
    {
        var first = Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.1:80"))));

        var second = Build(first, builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.1:81"))));

        Assert.NotSame(first.PortOf("web").Backends[0], second.PortOf("web").Backends[0]);
    }

    [Fact]
    public void An_endpoint_that_left_and_came_back_is_a_new_backend()
    {
        var first = Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.1:80"))));
        var second = Build(first, builder => builder.SetService(Service("web", "172.16.0.1", Port(80))));

        var third = Build(second, builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.1:80"))));

        Assert.NotSame(first.PortOf("web").Backends[0], third.PortOf("web").Backends[0]);
    }

    [Fact]
    public void Scheduler_and_affinity_are_carried_over_by_name_and_protocol_whatever_the_number()
    {
        var first = Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80))));

        var renumbered = Build(first, builder => builder.SetService(Service("web", "172.16.0.1", Port(8080))));
        var renamed = Build(first, builder => builder.SetService(Service("web", "172.16.0.1", new ServicePortConfig { Name = "http", Port = 80 })));
        var udp = Build(first, builder => builder.SetService(
            Service("web", "172.16.0.1", new ServicePortConfig { Name = "", Port = 80, Protocol = TransportProtocol.Udp })));

        Assert.Same(first.PortOf("web").State, renumbered.PortOf("web").State);
        Assert.NotSame(first.PortOf("web").State, renamed.PortOf("web").State);
        Assert.NotSame(first.PortOf("web").State, udp.PortOf("web").State);
    }

    [Fact]
    public void A_service_that_was_removed_and_set_again_starts_anew()
    {
        var service = Service("web", "172.16.0.1", Port(80, "10.0.0.1:80"));
        var first = Build(builder => builder.SetService(service));

        var second = Build(first, builder =>
        {
            builder.RemoveService(Name("web"));
            builder.SetService(service);
        });

        Assert.NotSame(first.PortOf("web").State, second.PortOf("web").State);
        Assert.NotSame(first.PortOf("web").Backends[0], second.PortOf("web").Backends[0]);
    }

    [Fact]
    public void A_service_that_is_not_touched_stays_the_same_reference()
    {
        var first = Build(builder =>
        {
            builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.1:80")));
            builder.SetService(Service("api", "172.16.0.2", Port(80, "10.0.0.2:80")));
            builder.SetIngress(Ingress("web", Rule("a.example", Prefix("/"))));
        });

        var second = Build(first, builder => builder.SetService(Service("api", "172.16.0.2", Port(81, "10.0.0.2:80"))));

        Assert.Same(first.Services[Name("web")], second.Services[Name("web")]);
        Assert.Same(first.Frontends[Tcp("172.16.0.1:80")], second.Frontends[Tcp("172.16.0.1:80")]);
        Assert.Same(first.Routes, second.Routes);
        Assert.NotSame(first.Services[Name("api")], second.Services[Name("api")]);
    }

    [Fact]
    public void Each_snapshot_says_which_services_came_changed_or_went()
    {
        var first = Build(builder =>
        {
            builder.SetService(Service("kept", "172.16.0.1", Port(80)));
            builder.SetService(Service("changed", "172.16.0.2", Port(80)));
            builder.SetService(Service("gone", "172.16.0.3", Port(80)));
        });

        var second = Build(first, builder =>
        {
            builder.SetService(Service("changed", "172.16.0.2", Port(81)));
            builder.RemoveService(Name("gone"));
            builder.SetService(Service("new", "172.16.0.4", Port(80)));
            builder.SetService(Service("new", "172.16.0.4", Port(81)));
        });
        var third = Build(second, _ => { });

        Assert.Equal([Name("changed"), Name("gone"), Name("kept")], first.ChangedServices.Order());
        Assert.Equal([Name("changed"), Name("gone"), Name("new")], second.ChangedServices.Order());
        Assert.Empty(third.ChangedServices);
    }

    [Fact]
    public void Each_snapshot_has_the_next_generation()
    {
        var first = Build(_ => { });

        Assert.Equal(0, ProxySnapshot.Empty.Generation);
        Assert.Equal(1, first.Generation);
        Assert.Equal(2, Build(first, _ => { }).Generation);
    }

    [Fact]
    public void Removing_what_is_unknown_is_fine()
    {
        var snapshot = Build(builder =>
        {
            builder.RemoveService(Name("none"));
            builder.RemoveIngress(Name("none"));
            builder.RemoveCertificate(Name("none"));
        });

        Assert.Empty(snapshot.Services);
        Assert.Empty(snapshot.Frontends);
        Assert.Empty(snapshot.Routes.Ingresses);
        Assert.Empty(snapshot.Certificates);
    }

    [Fact]
    public void Every_kind_of_address_becomes_a_frontend()
    {
        var snapshot = Build(builder => builder.SetService(new ServiceConfig
        {
            Name = Name("web"),
            ClusterIPs = Ips("172.16.0.1"),
            LoadBalancerIPs = Ips("203.0.113.9"),
            ExternalIPs = Ips("203.0.113.10"),
            Ports = [new ServicePortConfig { Name = "http", Port = 80, NodePort = 30080 }],
        }));

        Assert.Equal(
            [
                "172.16.0.1:80/TCP ClusterIP",
                "192.0.2.1:30080/TCP NodePort",
                "203.0.113.10:80/TCP ExternalIP",
                "203.0.113.9:80/TCP LoadBalancer",
            ],
            Frontends(snapshot));
    }

    [Theory]
    [InlineData("172.16.0.1", "192.0.2.1:30080/TCP NodePort")]
    [InlineData("fd00:1::1", "[2001:db8::1]:30080/TCP NodePort")]
    public void A_node_port_is_open_in_the_families_of_the_cluster_addresses(string clusterIP, string expected)
    {
        var snapshot = Build(builder => builder.SetService(
            Service("web", clusterIP, new ServicePortConfig { Name = "", Port = 80, NodePort = 30080 })));

        Assert.Equal(expected, Assert.Single(Frontends(snapshot), text => text.EndsWith("NodePort", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_service_of_both_families_has_its_node_port_in_both()
    {
        var snapshot = Build(builder => builder.SetService(new ServiceConfig
        {
            Name = Name("web"),
            ClusterIPs = Ips("172.16.0.1", "fd00:1::1"),
            Ports = [new ServicePortConfig { Name = "", Port = 80, NodePort = 30080, Protocol = TransportProtocol.Udp }],
        }));

        Assert.Equal(
            ["172.16.0.1:80/UDP ClusterIP", "192.0.2.1:30080/UDP NodePort", "[2001:db8::1]:30080/UDP NodePort", "[fd00:1::1]:80/UDP ClusterIP"],
            Frontends(snapshot));
    }

    [Fact]
    public void Addresses_of_a_family_without_a_cluster_address_are_left_out()
    {
        var snapshot = Build(builder => builder.SetService(new ServiceConfig
        {
            Name = Name("web"),
            ClusterIPs = Ips("172.16.0.1"),
            LoadBalancerIPs = Ips("2001:db8::9"),
            ExternalIPs = Ips("2001:db8::10"),
            Ports = [Port(80)],
        }));

        Assert.Equal(["172.16.0.1:80/TCP ClusterIP"], Frontends(snapshot));
    }

    [Fact]
    public void A_headless_service_has_endpoints_and_no_frontends()
    {
        var snapshot = Build(builder => builder.SetService(new ServiceConfig
        {
            Name = Name("db"),
            ExternalIPs = Ips("203.0.113.10"),
            Ports = [new ServicePortConfig { Name = "", Port = 80, NodePort = 30080, Endpoints = [Endpoint("10.0.0.1:80")] }],
        }));

        Assert.Empty(snapshot.Frontends);
        Assert.Empty(snapshot.ClusterIPs);
        Assert.Equal("10.0.0.1:80", Assert.Single(snapshot.PortOf("db").HttpScheduler.Candidates).ToString());
    }

    [Fact]
    public void An_address_given_twice_is_one_frontend_and_goes_with_its_service()
    {
        var twice = new ServiceConfig
        {
            Name = Name("web"),
            ClusterIPs = Ips("172.16.0.1"),
            ExternalIPs = Ips("203.0.113.10", "203.0.113.10"),
            Ports = [Port(80)],
        };
        var first = Build(builder => builder.SetService(twice));

        var second = Build(first, builder => builder.RemoveService(Name("web")));

        Assert.Single(first.Frontends[Tcp("203.0.113.10:80")].Claims);
        Assert.Empty(second.Frontends);
    }

    [Fact]
    public void Frontends_follow_a_service_that_moves()
    {
        var first = Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80))));

        var second = Build(first, builder => builder.SetService(Service("web", "172.16.0.2", Port(81))));

        Assert.Equal(["172.16.0.2:81/TCP ClusterIP"], Frontends(second));
        Assert.Equal([IpAddr.Parse("172.16.0.2")], second.ClusterIPs.Keys);
    }

    [Fact]
    public void The_older_service_has_an_address_that_two_ask_for_whichever_came_first()
    {
        var old = Claiming("z-old", Day);
        var young = Claiming("a-young", Day.AddDays(1));

        var oldFirst = Build(Build(builder => builder.SetService(old)), builder => builder.SetService(young));
        var youngFirst = Build(Build(builder => builder.SetService(young)), builder => builder.SetService(old));

        Assert.Equal(Name("z-old"), WinnerOf(oldFirst));
        Assert.Equal(Name("z-old"), WinnerOf(youngFirst));
    }

    [Fact]
    public void Of_two_services_of_one_age_the_first_by_name_has_the_address_and_those_without_an_age_come_last()
    {
        Assert.Equal(Name("a"), WinnerOf(Build(builder =>
        {
            builder.SetService(Claiming("b", Day));
            builder.SetService(Claiming("a", Day));
        })));
        Assert.Equal(Name("b"), WinnerOf(Build(builder =>
        {
            builder.SetService(Claiming("a", created: null));
            builder.SetService(Claiming("b", Day));
        })));
    }

    [Fact]
    public void The_next_claim_takes_over_when_the_winner_goes_or_lets_go()
    {
        var both = Build(builder =>
        {
            builder.SetService(Claiming("old", Day));
            builder.SetService(Claiming("young", Day.AddDays(1)));
        });

        var gone = Build(both, builder => builder.RemoveService(Name("old")));
        var letGo = Build(both, builder => builder.SetService(new ServiceConfig { Name = Name("old"), Created = Day, ClusterIPs = Ips("172.16.0.1"), Ports = [Port(80)] }));

        Assert.Equal(Name("old"), WinnerOf(both));
        Assert.Equal(Name("young"), WinnerOf(gone));
        Assert.Equal(Name("young"), WinnerOf(letGo));
        Assert.Equal(Name("old"), WinnerOf(both));
    }

    [Fact]
    public void Services_on_different_ports_or_protocols_share_an_address_in_peace()
    {
        var snapshot = Build(builder =>
        {
            builder.SetService(Claiming("web", Day));
            builder.SetService(new ServiceConfig
            {
                Name = Name("dns"),
                ClusterIPs = Ips("172.16.0.53"),
                ExternalIPs = Ips("203.0.113.10"),
                Ports = [new ServicePortConfig { Name = "", Port = 80, Protocol = TransportProtocol.Udp }],
            });
        });

        Assert.Equal(Name("web"), WinnerOf(snapshot));
        Assert.Equal(
            Name("dns"),
            snapshot.Frontends[new FrontendAddress(EndpointAddress.Parse("203.0.113.10:80"), TransportProtocol.Udp)].Winner.ServicePort.Service);
    }

    [Fact]
    public void A_cluster_address_is_in_use_as_long_as_one_service_has_it()
    {
        var address = IpAddr.Parse("172.16.0.1");
        var two = Build(builder =>
        {
            builder.SetService(Service("a", "172.16.0.1", Port(80)));
            builder.SetService(Service("b", "172.16.0.1", Port(81)));
        });

        var one = Build(two, builder => builder.RemoveService(Name("a")));
        var updated = Build(one, builder => builder.SetService(Service("b", "172.16.0.1", Port(82))));
        var none = Build(updated, builder => builder.RemoveService(Name("b")));

        Assert.True(two.ClusterIPs.ContainsKey(address));
        Assert.True(one.ClusterIPs.ContainsKey(address));
        Assert.True(updated.ClusterIPs.ContainsKey(address));
        Assert.False(none.ClusterIPs.ContainsKey(address));
    }

    [Fact]
    public void The_last_word_about_an_ingress_or_a_certificate_counts()
    {
        var snapshot = Build(builder =>
        {
            builder.SetIngress(Ingress("back", Rule("a.example", Prefix("/"))));
            builder.RemoveIngress(Name("back"));
            builder.SetIngress(Ingress("back", Rule("b.example", Prefix("/"))));
            builder.SetIngress(Ingress("gone", Rule("c.example", Prefix("/"))));
            builder.RemoveIngress(Name("gone"));
            builder.SetCertificate(Certificate("gone"));
            builder.RemoveCertificate(Name("gone"));
        });

        Assert.Null(snapshot.Routes.Find("a.example", "/"));
        Assert.NotNull(snapshot.Routes.Find("b.example", "/"));
        Assert.Null(snapshot.Routes.Find("c.example", "/"));
        Assert.Empty(snapshot.Certificates);
    }

    [Fact]
    public void The_default_certificate_stays_until_it_is_changed()
    {
        var first = Build(builder => builder.DefaultCertificate = Name("default"));
        var second = Build(first, _ => { });
        var third = Build(second, builder => builder.DefaultCertificate = null);

        Assert.Equal(Name("default"), second.DefaultCertificate);
        Assert.Null(third.DefaultCertificate);
    }

    private static ServiceConfig Claiming(string name, DateTimeOffset? created) => new()
    {
        Name = Name(name),
        Created = created,
        ClusterIPs = Ips("172.16.0.1"),
        ExternalIPs = Ips("203.0.113.10"),
        Ports = [Port(80)],
    };

    private static NamespacedName WinnerOf(ProxySnapshot snapshot) => snapshot.Frontends[Tcp("203.0.113.10:80")].Winner.ServicePort.Service;

    private static IEnumerable<string> Frontends(ProxySnapshot snapshot) =>
        snapshot.Frontends.Values.Select(claims => $"{claims.Winner.Address} {claims.Winner.Kind}").Order(StringComparer.Ordinal);
}
