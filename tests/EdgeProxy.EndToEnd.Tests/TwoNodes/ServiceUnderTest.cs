using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.EndToEnd.Tests.TwoNodes;

/// <summary>A Service that can be reached in every way there is, by TCP and UDP, IPv4 and IPv6.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Number">The last part of its addresses.</param>
internal sealed record ServiceUnderTest(string Name, int Number)
{
    /// <summary>What both processes are told about addresses.</summary>
    public static readonly string[] Ranges =
        ["--service-cidr", "10.96.0.0/16,fd00:96::/112", "--load-balancer-pool", "203.0.113.0/24,2001:db8:1b::/112,198.51.100.0/24,2001:db8:e::/112"];

    private const int Port = 80;
    private const int FirstNodePort = 31_000;
    private const int FirstHealthCheckPort = 32_000;

    /// <summary>Further lines of its spec.</summary>
    public IReadOnlyList<string> Spec { get; init; } = [];

    /// <summary>With policy Local.</summary>
    public int HealthCheckNodePort => FirstHealthCheckPort + Number;

    private int NodePort => FirstNodePort + Number;

    /// <summary>One whose endpoints serve their own node only.</summary>
    public static ServiceUnderTest OfPolicyLocal(string name, int number) => new(name, number)
    {
        Spec = ["internalTrafficPolicy: Local", "externalTrafficPolicy: Local", $"healthCheckNodePort: {FirstHealthCheckPort + number}"],
    };

    /// <summary>Where it is reached.</summary>
    public IPEndPoint At(Destination destination, AddressFamily family, Node node)
    {
        var isIPv4 = family == AddressFamily.InterNetwork;
        var number = Number.ToString(CultureInfo.InvariantCulture);
        return destination switch
        {
            Destination.ClusterIP => new(IPAddress.Parse(isIPv4 ? $"10.96.0.{number}" : $"fd00:96::{number}"), Port),
            Destination.LoadBalancerIP => new(IPAddress.Parse(isIPv4 ? $"203.0.113.{number}" : $"2001:db8:1b::{number}"), Port),
            Destination.ExternalIP => new(IPAddress.Parse(isIPv4 ? $"198.51.100.{number}" : $"2001:db8:e::{number}"), Port),
            Destination.NodePort => new(IPAddress.Parse(isIPv4 ? $"192.0.2.{node.Number}" : $"2001:db8:a::{node.Number}"), NodePort),
            _ => new(isIPv4 ? IPAddress.Loopback : IPAddress.IPv6Loopback, NodePort),
        };
    }

    /// <summary>The Service and the slices with these pods.</summary>
    public string Manifest(params Pod[] pods) => $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{{Name}}}}
        spec:
          type: LoadBalancer
          clusterIP: 10.96.0.{{{Number}}}
          clusterIPs: [10.96.0.{{{Number}}}, "fd00:96::{{{Number}}}"]
          ipFamilies: [IPv4, IPv6]
          ipFamilyPolicy: RequireDualStack
          externalIPs: [198.51.100.{{{Number}}}, "2001:db8:e::{{{Number}}}"]
          ports:
          - {name: tcp, protocol: TCP, port: {{{Port}}}, targetPort: {{{Pod.Port}}}, nodePort: {{{NodePort}}}}
          - {name: udp, protocol: UDP, port: {{{Port}}}, targetPort: {{{Pod.Port}}}, nodePort: {{{NodePort}}}}
          {{{string.Join("\n  ", Spec)}}}
        status: {loadBalancer: {ingress: [{ip: 203.0.113.{{{Number}}}}, {ip: "2001:db8:1b::{{{Number}}}"}]}}
        ---
        {{{Slice("IPv4", pods, pod => pod.Addresses[0])}}}
        ---
        {{{Slice("IPv6", pods, pod => pod.Addresses[1])}}}
        """;

    private string Slice(string family, Pod[] pods, Func<Pod, IPAddress> address)
    {
        var endpoints = pods.Select(pod => $$$"""{addresses: ["{{{address(pod)}}}"], nodeName: {{{pod.Node.Name}}}}""");
        return $$$"""
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: {{{Name}}}-{{{family.ToLowerInvariant()}}}, labels: {kubernetes.io/service-name: {{{Name}}}}}
            addressType: {{{family}}}
            ports: [{name: tcp, protocol: TCP, port: {{{Pod.Port}}}}, {name: udp, protocol: UDP, port: {{{Pod.Port}}}}]
            endpoints: [{{{string.Join(", ", endpoints)}}}]
            """;
    }
}
