using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Routing;
using EdgeProxy.Model.Tests.Support;
using static EdgeProxy.Model.Tests.Support.Objects;

namespace EdgeProxy.Model.Tests;

public sealed class ProxySnapshotTests
{
    private static readonly IpAddr Client = IpAddr.Parse("198.51.100.1");

    [Fact]
    public void An_address_nobody_has_is_not_owned_and_an_unknown_port_of_a_cluster_address_is_refused()
    {
        var snapshot = Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.1:80"))));

        Assert.Equal(Verdict.Forward, snapshot.Resolve(Tcp("172.16.0.1:80"), Client).Verdict);
        Assert.Equal(Verdict.Refused, snapshot.Resolve(Tcp("172.16.0.1:81"), Client).Verdict);
        Assert.Equal(Verdict.NotOwned, snapshot.Resolve(Tcp("172.16.0.2:80"), Client).Verdict);
        Assert.Equal(Verdict.NotOwned, ProxySnapshot.Empty.Resolve(Tcp("172.16.0.1:80"), Client).Verdict);
    }

    [Fact]
    public void A_resolution_names_its_port_and_its_candidates()
    {
        var snapshot = Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "10.0.0.1:80"))));

        var resolution = snapshot.Resolve(Tcp("172.16.0.1:80"), Client);

        Assert.Same(snapshot.PortOf("web"), resolution.ServicePort);
        Assert.Equal(snapshot.PortOf("web").Backends, resolution.Candidates);
    }

    [Fact]
    public void Only_the_winner_of_an_address_serves_it()
    {
        ServiceConfig Claiming(string name, int day, string endpoint) => new()
        {
            Name = Name(name),
            Created = Day.AddDays(day),
            ClusterIPs = Ips("172.16.0.1"),
            Ports = [Port(80, endpoint)],
        };
        var snapshot = Build(builder =>
        {
            builder.SetService(Claiming("young", 2, "10.0.0.2:80"));
            builder.SetService(Claiming("old", 1, "10.0.0.1:80"));
        });

        Assert.Equal("10.0.0.1:80", Assert.Single(snapshot.Resolve(Tcp("172.16.0.1:80"), Client).Candidates).ToString());
    }

    [Fact]
    public void A_route_finds_its_port_by_number_or_by_name_and_never_a_UDP_one()
    {
        var snapshot = Build(builder => builder.SetService(Service(
            "web",
            "172.16.0.1",
            new ServicePortConfig { Name = "dns", Port = 80, Protocol = TransportProtocol.Udp },
            new ServicePortConfig { Name = "http", Port = 80 },
            new ServicePortConfig { Name = "metrics", Port = 9090 })));

        Assert.Equal("http", snapshot.Find(new BackendReference(Name("web"), PortName: null, 80))?.Config.Name);
        Assert.Equal("metrics", snapshot.Find(new BackendReference(Name("web"), "metrics", 0))?.Config.Name);
        Assert.Null(snapshot.Find(new BackendReference(Name("web"), "dns", 0)));
        Assert.Null(snapshot.Find(new BackendReference(Name("web"), PortName: null, 81)));
        Assert.Null(snapshot.Find(new BackendReference(Name("api"), PortName: null, 80)));
    }

    [Fact]
    public void A_frontend_finds_its_port_until_the_service_is_gone()
    {
        var snapshot = Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80))));
        var frontend = snapshot.Frontends[Tcp("172.16.0.1:80")].Winner;

        Assert.Same(snapshot.PortOf("web"), snapshot.Find(frontend));
        Assert.Null(Build(snapshot, builder => builder.RemoveService(Name("web"))).Find(frontend));
    }

    [Fact]
    public void The_first_certificate_that_exists_and_covers_the_name_is_used()
    {
        var snapshot = Build(builder =>
        {
            builder.SetIngress(Tls("a", 1, "missing"));
            builder.SetIngress(Tls("b", 2, "of-another-name"));
            builder.SetIngress(Tls("c", 3, "right"));
            builder.SetIngress(Tls("d", 4, "right-but-younger"));
            builder.SetCertificate(Certificate("of-another-name", "b.example"));
            builder.SetCertificate(Certificate("right", "a.example"));
            builder.SetCertificate(Certificate("right-but-younger", "a.example"));
        });

        Assert.Equal(Name("right"), snapshot.FindCertificate("a.example")?.Name);
    }

    [Fact]
    public void A_certificate_that_no_ingress_names_is_not_used_for_a_host()
    {
        var snapshot = Build(builder => builder.SetCertificate(Certificate("stray", "a.example")));

        Assert.Null(snapshot.FindCertificate("a.example"));
    }

    [Theory]
    [InlineData("a.example")]
    [InlineData("unknown.example")]
    [InlineData("")]
    public void The_default_certificate_serves_names_without_one_whether_it_covers_them_or_not(string serverName)
    {
        var snapshot = Build(builder =>
        {
            builder.SetIngress(Tls("a", 1, "missing"));
            builder.SetCertificate(Certificate("default", "default.example"));
            builder.DefaultCertificate = Name("default");
        });

        Assert.Equal(Name("default"), snapshot.FindCertificate(serverName)?.Name);
    }

    [Fact]
    public void A_default_certificate_that_is_not_there_is_none()
    {
        var snapshot = Build(builder => builder.DefaultCertificate = Name("default"));

        Assert.Null(snapshot.FindCertificate("a.example"));
    }

    [Fact]
    public void The_wildcards_certificate_serves_a_name_whose_own_secrets_do_not_cover_it()
    {
        var snapshot = Build(builder =>
        {
            builder.SetIngress(Tls("named", 1, "wrong"));
            builder.SetIngress(new IngressConfig { Name = Name("star"), Tls = [new IngressTlsConfig(["*.example"], Name("star"))] });
            builder.SetCertificate(Certificate("wrong", "b.example"));
            builder.SetCertificate(Certificate("star", "*.example"));
        });

        Assert.Equal(Name("star"), snapshot.FindCertificate("a.example")?.Name);
        Assert.Equal(Name("star"), snapshot.FindCertificate("c.example")?.Name);
        Assert.Null(snapshot.FindCertificate("x.c.example"));
    }

    private static IngressConfig Tls(string name, int day, string secret) => new()
    {
        Name = Name(name),
        Created = Day.AddDays(day),
        Tls = [new IngressTlsConfig(["a.example"], Name(secret))],
    };
}
