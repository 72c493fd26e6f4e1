using System.Collections.Immutable;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Model.Routing;
using EdgeProxy.Testing;

namespace EdgeProxy.Model.Tests.Support;

/// <summary>Short ways to write the objects of a test; everything is in namespace <c>shop</c>.</summary>
internal static class Objects
{
    public static readonly LocalNode Node = new()
    {
        Name = "n1",
        Zone = "z1",
        Addresses = [IpAddr.Parse("192.0.2.1"), IpAddr.Parse("2001:db8::1")],
        NodePortAddresses = [IpAddr.Parse("192.0.2.1"), IpAddr.Parse("2001:db8::1")],
        PodCidrs = [new IpPrefix(IpAddr.Parse("10.244.1.0"), 24)],
    };

    public static readonly DateTimeOffset Day = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static NamespacedName Name(string name) => new("shop", name);

    public static ImmutableArray<IpAddr> Ips(params string[] addresses) => [.. addresses.Select(address => IpAddr.Parse(address))];

    public static Backend Backend(string address) => new(EndpointAddress.Parse(address));

    public static ImmutableArray<Backend> Backends(int count) => [.. Enumerable.Range(1, count).Select(i => Backend($"10.0.0.{i}:80"))];

    public static Endpoint Endpoint(string address, string? node = null) => new() { Address = EndpointAddress.Parse(address), NodeName = node };

    public static ServicePortConfig Port(ushort number, params string[] endpoints) => new()
    {
        Name = "",
        Port = number,
        Endpoints = [.. endpoints.Select(address => Endpoint(address))],
    };

    public static ServiceConfig Service(string name, string clusterIP, params ServicePortConfig[] ports) => new()
    {
        Name = Name(name),
        ClusterIPs = Ips(clusterIP),
        Ports = [.. ports],
    };

    public static FrontendAddress Tcp(string address) => new(EndpointAddress.Parse(address), TransportProtocol.Tcp);

    public static ProxySnapshot Build(Action<SnapshotBuilder> change) => Build(ProxySnapshot.Empty, change);

    public static ProxySnapshot Build(ProxySnapshot previous, Action<SnapshotBuilder> change)
    {
        var builder = new SnapshotBuilder(previous, Node, new ManualTimeProvider());
        change(builder);
        return builder.Build();
    }

    public static ServicePort PortOf(this ProxySnapshot snapshot, string service) => snapshot.Services[Name(service)].Ports[0];

    public static BackendReference To(string service) => new(Name(service), PortName: null, 80);

    /// <summary>A path whose backend has the path as its name, so that a test sees which one was taken.</summary>
    public static IngressPathConfig Prefix(string path) => new(path, PathType.Prefix, To(path));

    public static IngressPathConfig Exact(string path) => new(path, PathType.Exact, To($"={path}"));

    public static IngressRuleConfig Rule(string host, params IngressPathConfig[] paths) => new(host, [.. paths]);

    public static IngressConfig Ingress(string name, params IngressRuleConfig[] rules) => new() { Name = Name(name), Rules = [.. rules] };

    public static RouteTable Routes(params IngressConfig[] ingresses) => RouteTable.Empty.Apply(ingresses, []);

    /// <summary>The name of the Service that gets the request, or null.</summary>
    public static string? ServiceFor(this RouteTable routes, string host, string path) => routes.Find(host, path)?.Backend?.Service.Name;

    public static ServerCertificate Certificate(string secret, params string[] dnsNames) => new()
    {
        Name = Name(secret),
        ChainPem = "-----BEGIN CERTIFICATE-----",
        PrivateKeyPem = "very-secret",
        DnsNames = [.. dnsNames],
        NotAfter = Day,
    };
}
