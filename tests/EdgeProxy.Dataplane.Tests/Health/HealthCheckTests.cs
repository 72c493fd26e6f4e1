using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;

namespace EdgeProxy.Dataplane.Tests.Health;

/// <summary>healthCheckNodePort as a load balancer sees it.</summary>
public sealed class HealthCheckTests : IDisposable
{
    private static readonly Endpoint Here = new() { Address = EndpointAddress.Parse("127.0.0.1:9"), NodeName = "n1" };
    private static readonly Endpoint AlsoHere = new() { Address = EndpointAddress.Parse("127.0.0.2:9"), NodeName = "n1" };
    private static readonly Endpoint Elsewhere = new() { Address = EndpointAddress.Parse("127.0.0.3:9"), NodeName = "n2" };

    private readonly HttpClient _balancer = new();
    private readonly ushort _port = TestDataplane.FreePort(SocketType.Stream);
    private readonly ushort _servicePort = TestDataplane.FreePort(SocketType.Stream);

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task The_answer_is_that_of_kube_proxy()
    {
        await using var plane = await StartAsync(Here, AlsoHere, Elsewhere);

        using var answer = await _balancer.GetAsync(Url("/healthz"), Deadline);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("2", Assert.Single(answer.Headers.GetValues("X-Load-Balancing-Endpoint-Weight")));
        Assert.NotNull(answer.Headers.Date);
        Assert.Equal(
            "{\n\t\"service\": {\n\t\t\"namespace\": \"default\",\n\t\t\"name\": \"web\"\n\t},\n\t\"localEndpoints\": 2,\n\t\"serviceProxyHealthy\": true\n}",
            await answer.Content.ReadAsStringAsync(Deadline));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_answer_follows_the_endpoints_and_the_port_goes_with_the_service()
    {
        await using var plane = await StartAsync(Here, Elsewhere);
        Assert.Equal((HttpStatusCode.OK, "1"), await AskAsync());

        Publish(plane, Here with { Ready = false, Terminating = true }, Elsewhere);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "0"), await AskAsync());

        Publish(plane);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "0"), await AskAsync());

        plane.Remove();
        await TestDataplane.WaitForAsync(IsRefused);
    }

    [Fact(Timeout = 30_000)]
    public async Task While_draining_balancers_are_told_to_leave()
    {
        await using var plane = new TestDataplane();
        await using var backend = new NamedBackend("a");
        Publish(plane, TestDataplane.EndpointAt(backend.Address));
        await plane.L4.FollowedFirst.WaitAsync(Deadline);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(TestDataplane.ClusterIP.ToIPAddress(), _servicePort, Deadline);
        await client.ReceiveAsync(new byte[10], Deadline);
        Assert.Equal((HttpStatusCode.OK, "1"), await AskAsync());

        var drain = plane.L4.DrainAsync(Deadline);

        using var answer = await _balancer.GetAsync(Url("/"), Deadline);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("\"serviceProxyHealthy\": false", await answer.Content.ReadAsStringAsync(Deadline), StringComparison.Ordinal);
        Assert.False(drain.IsCompleted);
        client.Dispose();
        await drain.WaitAsync(Deadline);
        Assert.True(IsRefused());
    }

    [Theory(Timeout = 30_000)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", true)]
    [InlineData("POST /any/path HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody", true)]
    [InlineData("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n", false)]
    public async Task Whatever_is_asked_there_is_one_answer_and_an_end(string request, bool hasBody)
    {
        await using var plane = await StartAsync(Here);
        using var probe = Connect();
        await probe.SendAsync(Encoding.ASCII.GetBytes(request), Deadline);

        var answer = await ReadToEndAsync(probe);

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        var body = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Equal(hasBody, body.Length > 0);
        Assert.DoesNotContain("Content-Length: 0\r\n", answer, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Probes_that_say_nothing_or_too_much_do_not_stand_in_the_way_of_others()
    {
        await using var plane = await StartAsync(Here);
        using var silent = Connect();
        using var endless = Connect();
        await endless.SendAsync(new byte[9 * 1024], Deadline);

        Assert.Equal((HttpStatusCode.OK, "1"), await AskAsync());
        Assert.Equal("", await ReadToEndAsync(endless));
    }

    public void Dispose() => _balancer.Dispose();

    private async Task<TestDataplane> StartAsync(params Endpoint[] endpoints)
    {
        var plane = new TestDataplane();
        Publish(plane, endpoints);
        await plane.L4.FollowedFirst.WaitAsync(Deadline);
        return plane;
    }

    private void Publish(TestDataplane plane, params Endpoint[] endpoints) => plane.Publish(Service(endpoints));

    private ServiceConfig Service(params Endpoint[] endpoints) => new()
    {
        Name = TestDataplane.Service,
        ClusterIPs = [TestDataplane.ClusterIP],
        ExternalTrafficPolicy = TrafficPolicy.Local,
        HealthCheckNodePort = _port,
        Ports = [new ServicePortConfig { Name = "", Port = _servicePort, Endpoints = [.. endpoints] }],
    };

    private Uri Url(string path) => new(string.Create(CultureInfo.InvariantCulture, $"http://{TestDataplane.NodeAddress}:{_port}{path}"));

    private async Task<(HttpStatusCode Status, string Weight)> AskAsync()
    {
        using var answer = await _balancer.GetAsync(Url("/healthz"), Deadline);
        return (answer.StatusCode, answer.Headers.GetValues("X-Load-Balancing-Endpoint-Weight").Single());
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(TestDataplane.NodeAddress.ToIPAddress(), _port);
        return socket;
    }

    private bool IsRefused()
    {
        try
        {
            Connect().Dispose();
            return false;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return true;
        }
    }

    /// <summary>What came until the end; a reset is an end for whoever sent more than was read.</summary>
    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, Deadline) is var received and > 0)
            {
                text.Append(Encoding.ASCII.GetString(buffer, 0, received));
            }
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset && text.Length == 0)
        {
            // It was cut off.
        }

        return text.ToString();
    }
}
