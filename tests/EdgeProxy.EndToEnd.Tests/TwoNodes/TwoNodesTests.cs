using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests.TwoNodes;

/// <summary>Services across two nodes, as clients, pods and the nodes themselves see them.</summary>
public sealed class TwoNodesTests(Laboratory lab) : IClassFixture<Laboratory>, IAsyncLifetime
{
    private const AddressFamily IPv4 = AddressFamily.InterNetwork;
    private const AddressFamily IPv6 = AddressFamily.InterNetworkV6;

    public static TheoryData<Destination, ProtocolType, AddressFamily, string> Ways => new MatrixTheoryData<Destination, ProtocolType, AddressFamily, string>(
        Enum.GetValues<Destination>(), [ProtocolType.Tcp, ProtocolType.Udp], [IPv4, IPv6], ["node-a", "node-b"]);

    public static TheoryData<ProtocolType, AddressFamily> Transports => new MatrixTheoryData<ProtocolType, AddressFamily>(
        [ProtocolType.Tcp, ProtocolType.Udp], [IPv4, IPv6]);

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await lab.StartAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Ways))]
    public async Task Every_destination_leads_to_every_endpoint(Destination destination, ProtocolType protocol, AddressFamily family, string nodeName)
    {
        var node = lab.NodeOf(nodeName);
        var to = lab.Web.At(destination, family, node);

        Assert.Equal("a1 a2 b1", destination == Destination.LoopbackNodePort
            ? await Laboratory.WhoServesAsync(node.Network, to, protocol)
            : await Laboratory.WhoServesAsync(lab.Client, to, protocol, Laboratory.ClientVia(node, family)));
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Transports))]
    public async Task A_pod_reaches_endpoints_on_its_own_and_on_the_other_node(ProtocolType protocol, AddressFamily family)
    {
        var fromA = await Laboratory.WhoServesAsync(lab.A2.Network, lab.Web.At(Destination.ClusterIP, family, lab.A), protocol);
        var fromB = await Laboratory.WhoServesAsync(lab.B1.Network, lab.Web.At(Destination.ClusterIP, family, lab.B), protocol);

        Assert.Equal(("a1 a2 b1", "a1 a2 b1"), (fromA, fromB));
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Transports))]
    public async Task A_pod_reaches_itself_through_its_own_service(ProtocolType protocol, AddressFamily family)
    {
        foreach (var destination in new[] { Destination.ClusterIP, Destination.NodePort, Destination.LoadBalancerIP, Destination.ExternalIP })
        {
            var answer = await Laboratory.AskAsync(lab.A1.Network, lab.Alone.At(destination, family, lab.A), protocol);

            // The node in between, or the pod would answer to itself and the client never hear of it.
            Assert.Equal(("a1", PodSideOf(lab.A, family)), (answer.Pod, answer.Peer));
        }
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Transports))]
    public async Task An_endpoint_sees_the_node_its_client_came_through(ProtocolType protocol, AddressFamily family)
    {
        var viaA = await Laboratory.AskAsync(lab.Client, lab.Alone.At(Destination.LoadBalancerIP, family, lab.A), protocol, Laboratory.ClientVia(lab.A, family));
        var viaB = await Laboratory.AskAsync(lab.Client, lab.Alone.At(Destination.LoadBalancerIP, family, lab.B), protocol, Laboratory.ClientVia(lab.B, family));

        Assert.Equal(PodSideOf(lab.A, family), viaA.Peer);
        Assert.Equal(lab.Alone.At(Destination.NodePort, family, lab.B).Address, viaB.Peer);
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Transports))]
    public async Task A_service_without_endpoints_refuses_at_once(ProtocolType protocol, AddressFamily family)
    {
        foreach (var node in new[] { lab.A, lab.B })
        {
            foreach (var destination in new[] { Destination.ClusterIP, Destination.NodePort, Destination.LoadBalancerIP, Destination.ExternalIP })
            {
                var refusal = await Assert.ThrowsAsync<SocketException>(() =>
                    Laboratory.AskAsync(lab.Client, lab.Empty.At(destination, family, node), protocol, Laboratory.ClientVia(node, family)));

                Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
            }
        }
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Transports))]
    public async Task With_policies_local_a_node_serves_with_its_own_endpoints_only(ProtocolType protocol, AddressFamily family)
    {
        foreach (var (node, pod, own) in new[] { (lab.A, lab.A1, "a1 a2"), (lab.B, lab.B1, "b1") })
        {
            foreach (var destination in new[] { Destination.NodePort, Destination.LoadBalancerIP, Destination.ExternalIP })
            {
                Assert.Equal(own, await Laboratory.WhoServesAsync(lab.Client, lab.Local.At(destination, family, node), protocol, Laboratory.ClientVia(node, family), times: 4));
            }

            Assert.Equal(own, await Laboratory.WhoServesAsync(pod.Network, lab.Local.At(Destination.ClusterIP, family, node), protocol, times: 4));
        }
    }

    [Theory(Timeout = 30_000)]
    [InlineData(IPv4)]
    [InlineData(IPv6)]
    public async Task With_policies_local_a_node_without_endpoints_is_silent_and_the_other_one_serves(AddressFamily family)
    {
        var service = lab.LocalToB;

        await Task.WhenAll(
            Laboratory.AssertSilentAsync(
                lab.Client,
                Laboratory.ClientVia(lab.A, family),
                service.At(Destination.NodePort, family, lab.A),
                service.At(Destination.LoadBalancerIP, family, lab.A),
                service.At(Destination.ExternalIP, family, lab.A)),
            Laboratory.AssertSilentAsync(lab.A1.Network, source: null, service.At(Destination.ClusterIP, family, lab.A)));

        foreach (var protocol in new[] { ProtocolType.Tcp, ProtocolType.Udp })
        {
            Assert.Equal("b1", (await Laboratory.AskAsync(lab.Client, service.At(Destination.LoadBalancerIP, family, lab.B), protocol, Laboratory.ClientVia(lab.B, family))).Pod);
            Assert.Equal("b1", (await Laboratory.AskAsync(lab.B1.Network, service.At(Destination.ClusterIP, family, lab.B), protocol)).Pod);

            // The node and its pods are no outside clients: policy Local for those does not concern them (kube-proxy: local origin).
            Assert.Equal("b1", (await Laboratory.AskAsync(lab.A.Network, service.At(Destination.LoadBalancerIP, family, lab.A), protocol)).Pod);
            Assert.Equal("b1", (await Laboratory.AskAsync(lab.A1.Network, service.At(Destination.NodePort, family, lab.A), protocol)).Pod);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Balancers_learn_which_node_has_endpoints()
    {
        foreach (var (service, address, status, endpoints) in new[]
        {
            (lab.Local, "192.0.2.1", "200 OK", 2),
            (lab.Local, "192.0.2.2", "200 OK", 1),
            (lab.LocalToB, "192.0.2.1", "503 Service Unavailable", 0),
            (lab.LocalToB, "192.0.2.2", "200 OK", 1),
            (lab.LocalToB, "2001:db8:a::1", "503 Service Unavailable", 0),
            (lab.LocalToB, "2001:db8:a::2", "200 OK", 1),
        })
        {
            var answer = await lab.Client.GetAsync(address, service.HealthCheckNodePort);

            Assert.Contains(status, answer, StringComparison.Ordinal);
            Assert.Contains($"\"localEndpoints\": {endpoints}", answer, StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Transports))]
    public async Task A_client_stays_with_its_endpoint_on_every_address_of_the_service(ProtocolType protocol, AddressFamily family)
    {
        var client = Laboratory.ClientVia(lab.A, family);
        var first = await Laboratory.AskAsync(lab.Client, lab.Sticky.At(Destination.ClusterIP, family, lab.A), protocol, client);

        foreach (var destination in new[] { Destination.NodePort, Destination.LoadBalancerIP, Destination.ExternalIP, Destination.ClusterIP })
        {
            Assert.Equal(first.Pod, await Laboratory.WhoServesAsync(lab.Client, lab.Sticky.At(destination, family, lab.A), protocol, client, times: 3));
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task A_connection_outlives_its_endpoints_removal_and_a_flow_moves_on()
    {
        var to = lab.Moving.At(Destination.ClusterIP, IPv4, lab.A);
        var source = Laboratory.ClientVia(lab.A, IPv4);
        using var connection = await Laboratory.ConnectAsync(lab.Client, to, ProtocolType.Tcp, source);
        using var flow = await Laboratory.ConnectAsync(lab.Client, to, ProtocolType.Udp, source);
        Assert.Equal(("a1", "a1"), ((await Laboratory.AskAsync(connection)).Pod, (await Laboratory.AskAsync(flow)).Pod));

        lab.Publish(lab.Moving, lab.B1);
        while ((await Laboratory.AskAsync(flow)).Pod != "b1")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Deadline);
        }

        Assert.Equal("b1", await Laboratory.WhoServesAsync(lab.Client, to, ProtocolType.Tcp, source));
        var buffer = new byte[16];
        await connection.SendAsync("still here"u8.ToArray(), Deadline);
        Assert.Equal("still here", Encoding.ASCII.GetString(buffer, 0, await connection.ReceiveAsync(buffer, Deadline)));
    }

    /// <summary>The node's address on the bridge of its pods.</summary>
    private static IPAddress PodSideOf(Node node, AddressFamily family) =>
        IPAddress.Parse(family == IPv4 ? $"10.244.{node.Number}.1" : $"fd00:244:{node.Number}::1");
}
