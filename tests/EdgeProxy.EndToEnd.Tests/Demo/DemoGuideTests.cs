using EdgeProxy.Demo;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using static EdgeProxy.EndToEnd.Tests.Demo.DemoObjects;

namespace EdgeProxy.EndToEnd.Tests.Demo;

public sealed class DemoGuideTests
{
    [Fact]
    public void Every_kind_of_frontend_has_its_line()
    {
        var balanced = Allocated("balanced", "127.96.0.3", new ServicePortSpec { Port = 8765 });
        balanced.Spec.Type = "LoadBalancer";
        balanced.Status = new ServiceStatus { LoadBalancer = new LoadBalancerStatus { Ingress = [new LoadBalancerIngress { Ip = "127.97.0.1" }] } };
        var node = Allocated("node", "127.96.0.4", new ServicePortSpec { Port = 80, NodePort = 30036 });
        node.Spec.Type = "NodePort";
        var alias = Service("alias");
        alias.Spec = new ServiceSpec { Type = "ExternalName", ExternalName = "example.com" };
        var served = Set(
            Allocated("internal", "127.96.0.1", new ServicePortSpec { Port = 8765 }),
            Allocated("six", "fd00::1", new ServicePortSpec { Port = 80 }),
            Allocated("database", "127.96.0.2", new ServicePortSpec { Name = "mysql", Port = 3306 }),
            Allocated("dns", "127.96.0.5", new ServicePortSpec { Port = 5300, Protocol = "UDP" }),
            Allocated("headless", "None", new ServicePortSpec { Port = 80 }),
            Allocated("s1", "127.96.0.6", new ServicePortSpec { Port = 80 }),
            balanced,
            node,
            alias,
            Ingress("catch-all", host: null, tls: false),
            Ingress("fanout", "foo.bar.com", tls: false, "/foo", "/bar"),
            Ingress("secret", "sslexample.foo.com", tls: true, "/"),
            Ingress("wild", "*.bar.com", tls: false, "/api(/|$)(.*)"));

        var lines = DemoGuide.Lines(served, httpPort: 8080, httpsPort: 8443);

        Assert.Equal(
            """
            Services
              balanced   curl http://127.97.0.1:8765/
              database   echo hello | nc -w1 127.96.0.2 3306
              internal   curl http://127.96.0.1:8765/
              node       curl http://127.0.0.1:30036/
              six        curl 'http://[fd00::1]:80/'
            UDP
              dns        echo hello | nc -u -w1 127.96.0.5 5300
            Ingresses
              catch-all  curl http://127.0.0.1:8080/
              fanout     curl -H 'Host: foo.bar.com' http://127.0.0.1:8080/foo  # or /bar
              secret     curl -k --resolve sslexample.foo.com:8443:127.0.0.1 https://sslexample.foo.com:8443/
              wild       curl -H 'Host: any.bar.com' http://127.0.0.1:8080/api
            """,
            string.Join('\n', lines));
    }

    [Fact]
    public void A_long_group_is_cut()
    {
        var services = Enumerable.Range(10, 20).Select(i => Allocated($"s{i}", $"127.96.0.{i}", new ServicePortSpec { Port = 80 }));

        var lines = DemoGuide.Lines(Set([.. services]), 8080, 8443);

        Assert.Equal(1 + DemoGuide.MaxLinesPerGroup, lines.Count);
        Assert.Equal("  … and 9 more", lines[^1]);
    }

    [Fact]
    public void Lines_follow_the_files()
    {
        var late = Allocated("a", "127.96.0.1", new ServicePortSpec { Port = 80 });
        late.Origin = new Place(new SourceLocation("02.yaml", 1, 1));
        var early = Allocated("b", "127.96.0.2", new ServicePortSpec { Port = 80 });
        early.Origin = new Place(new SourceLocation("01.yaml", 9, 1));

        var lines = DemoGuide.Lines(Set(late, early), 8080, httpsPort: null);

        Assert.Equal(["Services", "  b  curl http://127.96.0.2:80/", "  a  curl http://127.96.0.1:80/"], lines);
    }

    [Fact]
    public void Nothing_a_manifest_says_leaves_its_word_in_the_shell()
    {
        var lines = DemoGuide.Lines(Set(Ingress("evil", "a.b", tls: false, "/x';reboot #\nls")), 8080, 8443);

        Assert.Equal(@"  evil  curl -H 'Host: a.b' 'http://127.0.0.1:8080/x'\'';reboot #?ls'", lines[1]);
    }

    private static Service Allocated(string name, string clusterIP, ServicePortSpec port)
    {
        var service = Service(name, port);
        service.Spec.ClusterIP = clusterIP;
        return service;
    }

    private static Ingress Ingress(string name, string? host, bool tls, params string[] paths)
    {
        var backend = new IngressBackend { Service = new IngressServiceBackend { Name = "s1", Port = new ServiceBackendPort { Number = 80 } } };
        var http = new HttpIngressRuleValue { Paths = [.. paths.Select(path => new HttpIngressPath { Path = path, Backend = backend })] };
        return new Ingress
        {
            Kind = "Ingress",
            Metadata = Meta(name),
            Spec = new IngressSpec
            {
                DefaultBackend = paths.Length == 0 ? backend : null,
                Tls = tls ? [new IngressTls { Hosts = [host!], SecretName = "s" }] : null,
                Rules = paths.Length == 0 ? null : [new IngressRule { Host = host, Http = http }],
            },
        };
    }

    private sealed class Place(SourceLocation location) : ObjectOrigin
    {
        public override SourceLocation Locate(string? field) => location;
    }
}
