using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>Clients' addresses through the whole process: flag and annotations in, PROXY headers out.</summary>
public sealed class ClientAddressTests
{
    private const string Header = "PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n";

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_header_from_a_trusted_sender_goes_to_the_endpoint_and_a_strangers_is_only_bytes()
    {
        using var endpoint = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        endpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        endpoint.Listen();
        using var folder = new ManifestFolder();
        var nodePort = EdgeProxyProcess.FreePort();
        var backendPort = ((IPEndPoint)endpoint.LocalEndPoint!).Port;
        folder.Write("web.yaml", Annotated("web", nodePort, backendPort, "edgeproxy.io/accept-proxy-protocol: \"true\", edgeproxy.io/send-proxy-protocol: v1"));
        folder.Write("sick.yaml", Annotated("sick", EdgeProxyProcess.FreePort(), backendPort, "edgeproxy.io/send-proxy-protocol: v3, edgeproxy.io/transparent: maybe"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--proxy-protocol-from", "127.0.0.2,198.51.100.0/24");

        Assert.Equal(Header + "hello", await RelayAsync("127.0.0.2", nodePort, Header + "hello", endpoint));
        var strangers = await RelayAsync("127.0.0.3", nodePort, Header + "hello", endpoint);

        Assert.StartsWith("PROXY TCP4 127.0.0.3 127.0.0.1 ", strangers, StringComparison.Ordinal);
        Assert.EndsWith($" {nodePort}\r\n{Header}hello", strangers, StringComparison.Ordinal);
        await proxy.WaitForLogAsync("sick.yaml:");
        await proxy.WaitForLogAsync("metadata.annotations[edgeproxy.io/send-proxy-protocol]");
        await proxy.WaitForLogAsync("metadata.annotations[edgeproxy.io/transparent]");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_range_that_cannot_be_read_stops_the_process_before_it_starts()
    {
        var (exitCode, _, errors) = await EdgeProxyProcess.RunAsync("run", "--manifests", Path.GetTempPath(), "--proxy-protocol-from", "10.0.0.0/33");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("'10.0.0.0/33' is not an IP address or a range", errors, StringComparison.Ordinal);
    }

    /// <summary>Sends a text from an address and returns all the endpoint gets.</summary>
    private static async Task<string> RelayAsync(string from, int port, string text, Socket endpoint)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await client.ConnectAsync(IPAddress.Loopback, port, Deadline);
        await client.SendAsync(Encoding.ASCII.GetBytes(text), Deadline);
        client.Shutdown(SocketShutdown.Send);

        using var accepted = await endpoint.AcceptAsync(Deadline);
        using var reader = new StreamReader(new NetworkStream(accepted), Encoding.ASCII);
        return await reader.ReadToEndAsync(Deadline);
    }

    private static string Annotated(string name, int nodePort, int backendPort, string annotations) =>
        ManifestFolder.Service(name, nodePort, backendPort)
            .Replace($"kind: Service\nmetadata: {{name: {name}}}", $"kind: Service\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}", StringComparison.Ordinal);
}
