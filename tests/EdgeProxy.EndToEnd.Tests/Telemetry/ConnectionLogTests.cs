using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EdgeProxy.EndToEnd.Tests.Telemetry;

/// <summary>The access log of TCP and UDP, as whoever reads it gets it.</summary>
public sealed partial class ConnectionLogTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_connection_that_is_over_is_a_line_of_json()
    {
        await using var backend = await TestBackend.StartAsync("hello");
        using var folder = new ManifestFolder();
        var (nodePort, deadPort) = (EdgeProxyProcess.FreePort(), EdgeProxyProcess.FreePort());
        folder.Write("web.yaml", ManifestFolder.Service("web", nodePort, backend.Port));
        folder.Write("dead.yaml", ManifestFolder.Service("dead", deadPort, EdgeProxyProcess.FreePort()));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--l4-access-log", "json");

        var (client, sent, received) = await TalkAsync(nodePort);
        await Assert.ThrowsAnyAsync<IOException>(() => TalkAsync(deadPort));
        await proxy.WaitForAsync(() => Task.FromResult(Lines(proxy).Count == 2), "two lines");

        var first = JsonDocument.Parse(Lines(proxy).Single(line => line.Contains("\"completed\"", StringComparison.Ordinal))).RootElement;
        Assert.Equal(("tcp", client, $"127.0.0.1:{nodePort}"), (Text(first, "protocol"), Text(first, "client"), Text(first, "frontend")));
        Assert.Equal(("default/web/TCP", $"127.0.0.1:{backend.Port}", 1), (Text(first, "service"), Text(first, "endpoint"), first.GetProperty("tries").GetInt32()));
        Assert.Equal((sent, received), (first.GetProperty("bytesReceived").GetInt64(), first.GetProperty("bytesSent").GetInt64()));
        Assert.True(first.GetProperty("seconds").GetDouble() >= first.GetProperty("connectSeconds").GetDouble());
        var second = JsonDocument.Parse(Lines(proxy).Single(line => !line.Contains("\"completed\"", StringComparison.Ordinal))).RootElement;
        Assert.Equal(("connect_refused", "default/dead/TCP"), (Text(second, "reason"), Text(second, "service")));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_stream_format_is_ingress_nginx_line_with_more_behind_it()
    {
        await using var backend = await TestBackend.StartAsync("hello");
        using var folder = new ManifestFolder();
        var nodePort = EdgeProxyProcess.FreePort();
        folder.Write("web.yaml", ManifestFolder.Service("web", nodePort, backend.Port));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--l4-access-log", "stream");

        await TalkAsync(nodePort);
        await proxy.WaitForAsync(() => Task.FromResult(Lines(proxy).Count == 1), "a line");

        Assert.Matches(StreamLine(), Lines(proxy)[0]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_flow_of_datagrams_is_a_line_when_it_ends()
    {
        using var echo = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var answering = Task.Run(
            async () =>
            {
                var request = await echo.ReceiveAsync(Deadline);
                await echo.SendAsync(new byte[] { 1, 2, 3 }, request.RemoteEndPoint, Deadline);
            },
            Deadline);
        using var folder = new ManifestFolder();
        var nodePort = EdgeProxyProcess.FreePort();
        var port = ((IPEndPoint)echo.Client.LocalEndPoint!).Port;
        folder.Write("dns.yaml", ManifestFolder.Service("dns", nodePort, port).Replace("nodePort: ", "protocol: UDP, nodePort: ", StringComparison.Ordinal).Replace($"[{{port: {port}}}]", $"[{{port: {port}, protocol: UDP}}]", StringComparison.Ordinal));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--l4-access-log", "json", "--udp-idle-timeout", "1s");

        using var client = new UdpClient();
        await client.SendAsync(new byte[] { 1, 2 }, new IPEndPoint(IPAddress.Loopback, nodePort), Deadline);
        Assert.Equal(3, (await client.ReceiveAsync(Deadline)).Buffer.Length);
        await answering;
        await proxy.WaitForAsync(() => Task.FromResult(Lines(proxy).Count == 1), "the flow to expire");

        var line = JsonDocument.Parse(Lines(proxy)[0]).RootElement;
        Assert.Equal(("udp", "idle_timeout", "default/dns/UDP"), (Text(line, "protocol"), Text(line, "reason"), Text(line, "service")));
        Assert.Equal((2, 3), (line.GetProperty("bytesReceived").GetInt32(), line.GetProperty("bytesSent").GetInt32()));
    }

    private static async Task<(string Client, long Sent, long Received)> TalkAsync(int port)
    {
        using var client = new TcpClient(AddressFamily.InterNetwork);
        await client.ConnectAsync(IPAddress.Loopback, port, Deadline);
        var address = client.Client.LocalEndPoint!.ToString()!; // connected
        var request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray();
        await using var stream = client.GetStream();
        await stream.WriteAsync(request, Deadline);
        client.Client.Shutdown(SocketShutdown.Send);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, Deadline);
        return (address, request.Length, answer.Length);
    }

    private static List<string> Lines(EdgeProxyProcess proxy) => [.. proxy.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static string? Text(JsonElement line, string name) => line.GetProperty(name).GetString();

    [GeneratedRegex("""^\[127\.0\.0\.1\] \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d\d:\d\d\] TCP 200 \d+ \d+ \d+\.\d{3} \d+ 127\.0\.0\.1:\d+ \[default/web/TCP\] 127\.0\.0\.1:\d+ \d+\.\d{3} completed 1$""")]
    private static partial Regex StreamLine();
}
