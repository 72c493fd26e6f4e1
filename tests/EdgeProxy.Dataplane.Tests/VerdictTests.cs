using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Testing;

namespace EdgeProxy.Dataplane.Tests;

/// <summary>What clients see of a verdict. Refusal is shown where endpoints vanish (<see cref="TcpServiceTests"/>); this is about silence.</summary>
public sealed class VerdictTests
{
    private static readonly IpAddr LoadBalancerIP = IpAddr.Parse("127.96.7.9");
    private static readonly IpAddr OtherClusterIP = IpAddr.Parse("127.96.7.10");
    private static readonly IPAddress Inside = IPAddress.Parse("127.0.8.1");
    private static readonly IPAddress Outside = IPAddress.Parse("127.0.9.1");

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task A_local_policy_is_silence_while_endpoints_are_elsewhere_and_open_connections_go_on()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(LocalOnly(TransportProtocol.Tcp, port, a, node: "n1"));
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 1);
        using var open = Connect(TestDataplane.ClusterIP, port, from: null);
        Assert.Equal("a", await ReadLineAsync(open));

        plane.Publish(LocalOnly(TransportProtocol.Tcp, port, a, node: "n2"));
        using var waiting = await FirstUnansweredAsync(open, port);

        plane.Publish(LocalOnly(TransportProtocol.Tcp, port, a, node: "n1"));
        Assert.Equal("a", await ReadLineAsync(waiting));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_local_policy_without_local_endpoints_is_silence_from_the_start()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(LocalOnly(TransportProtocol.Tcp, port, a, node: "n2"), Ranged(port, a, "0.0.0.0/0"));
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 3);

        using var silent = Connect(TestDataplane.ClusterIP, port, from: null);
        using var served = Connect(LoadBalancerIP, port, from: null);

        Assert.Equal("a", await ReadLineAsync(served));
        Assert.True(silent.IsUnanswered);
    }

    [Fact(Timeout = 30_000)]
    public async Task Who_is_outside_the_source_ranges_hears_nothing_until_they_are_widened()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(Ranged(port, a, "127.0.8.0/24"));
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 2);

        using var outside = Connect(LoadBalancerIP, port, Outside);
        using var inside = Connect(LoadBalancerIP, port, Inside);
        Assert.Equal("a", await ReadLineAsync(inside));
        Assert.True(outside.IsUnanswered);

        plane.Publish(Ranged(port, a, "127.0.8.0/23"));
        Assert.Equal("a", await ReadLineAsync(outside));
        Assert.Equal("still here", await EchoAsync(inside, "still here"));
    }

    [Fact(Timeout = 30_000)]
    public async Task With_more_ranges_than_a_filter_takes_others_are_reset()
    {
        await using var plane = new TestDataplane();
        await using var a = new NamedBackend("a");
        var port = TestDataplane.FreePort(SocketType.Stream);
        plane.Publish(Ranged(port, a, [.. Enumerable.Range(0, 5_000).Select(i => $"198.18.{i / 256}.{i % 256}/32"), "127.0.8.0/24"]));
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 2);

        using var inside = Connect(LoadBalancerIP, port, Inside);
        using var outside = Connect(LoadBalancerIP, port, Outside);

        Assert.Equal("a", await ReadLineAsync(inside));
        var error = await Assert.ThrowsAsync<SocketException>(() => ReadLineAsync(outside));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_new_UDP_client_hears_nothing_and_an_open_flow_goes_on()
    {
        await using var plane = new TestDataplane(loops: 1); // one socket: datagrams are judged in the order they were sent
        await using var a = new NamedBackend("a", SocketType.Dgram);
        var port = TestDataplane.FreePort(SocketType.Dgram);
        plane.Publish(LocalOnly(TransportProtocol.Udp, port, a, node: "n1"));
        await TestDataplane.WaitForAsync(() => plane.L4.ListenerCount == 1);
        using var open = UdpClient(port);
        Assert.Equal("a:1", await AskAsync(open, "1"));

        plane.Publish(LocalOnly(TransportProtocol.Udp, port, a, node: "n2"));
        using var late = UdpClient(port);
        await late.SendAsync("lost"u8.ToArray(), Deadline);
        Assert.Equal("a:2", await AskAsync(open, "2"));

        // An ICMP error would be told by this call.
        await late.SendAsync("lost too"u8.ToArray(), Deadline);
        Assert.Equal("a:3", await AskAsync(open, "3"));
        Assert.Equal(0, late.Available);

        plane.Publish(LocalOnly(TransportProtocol.Udp, port, a, node: "n1"));
        Assert.Equal("a:4", await AskAsync(late, "4"));
    }

    private static ServiceConfig LocalOnly(TransportProtocol protocol, ushort port, NamedBackend backend, string node) => new()
    {
        Name = TestDataplane.Service,
        ClusterIPs = [TestDataplane.ClusterIP],
        InternalTrafficPolicy = TrafficPolicy.Local,
        Ports = [Port(protocol, port, backend, node)],
    };

    /// <summary>A Service with a load-balancer address, and the cluster IP that goes with it: two listeners.</summary>
    private static ServiceConfig Ranged(ushort port, NamedBackend backend, params string[] ranges) => new()
    {
        Name = new NamespacedName("default", "ranged"),
        ClusterIPs = [OtherClusterIP],
        LoadBalancerIPs = [LoadBalancerIP],
        SourceRanges = [.. ranges.Select(text => IpPrefix.TryParse(text, out var range) ? range : throw new FormatException(text))],
        Ports = [Port(TransportProtocol.Tcp, port, backend, node: "n1")],
    };

    private static ServicePortConfig Port(TransportProtocol protocol, ushort port, NamedBackend backend, string node) =>
        new() { Name = "", Protocol = protocol, Port = port, Endpoints = [TestDataplane.EndpointAt(backend.Address) with { NodeName = node }] };

    private static ConnectAttempt Connect(IpAddr address, ushort port, IPAddress? from) => new(new IPEndPoint(address.ToIPAddress(), port), from, Deadline);

    /// <summary>Tries until the listener has followed; each time the open connection shows that it is still there.</summary>
    private static async Task<ConnectAttempt> FirstUnansweredAsync(ConnectAttempt open, ushort port)
    {
        while (true)
        {
            var attempt = Connect(TestDataplane.ClusterIP, port, from: null);
            Assert.Equal("still here", await EchoAsync(open, "still here"));
            if (attempt.IsUnanswered)
            {
                return attempt;
            }

            attempt.Dispose();
        }
    }

    private static async Task<string> EchoAsync(ConnectAttempt connection, string text)
    {
        await connection.Socket.SendAsync(Encoding.ASCII.GetBytes(text + "\n"), Deadline);
        return await ReadLineAsync(connection);
    }

    private static async Task<string> ReadLineAsync(ConnectAttempt connection)
    {
        await connection.Answered.WaitAsync(Deadline);
        var line = new StringBuilder();
        var one = new byte[1];
        while (await connection.Socket.ReceiveAsync(one, Deadline) > 0 && one[0] != '\n')
        {
            line.Append((char)one[0]);
        }

        return line.ToString();
    }

    private static Socket UdpClient(ushort port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(TestDataplane.ClusterIP.ToIPAddress(), port);
        return client;
    }

    private static async Task<string> AskAsync(Socket client, string question)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(question), Deadline);
        var answer = new byte[100];
        return Encoding.ASCII.GetString(answer, 0, await client.ReceiveAsync(answer, Deadline));
    }
}
