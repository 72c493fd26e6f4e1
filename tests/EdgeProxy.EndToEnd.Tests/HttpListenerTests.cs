using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>The settings of the HTTP and HTTPS ports through the whole process.</summary>
public sealed class HttpListenerTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n";
    private const string Header = "PROXY TCP4 192.0.2.1 203.0.113.7 56324 80\r\n";

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_proxy_header_is_read_from_whom_the_flag_names_and_from_nobody_else()
    {
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Ingress("web", "app.example", "web"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--http-proxy-protocol-from", "127.0.0.2");

        Assert.StartsWith("HTTP/1.1 404 ", await AskAsync("127.0.0.2", proxy.HttpPort, Header + Request), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400 ", await AskAsync("127.0.0.3", proxy.HttpPort, Header + Request), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 404 ", await AskAsync("127.0.0.3", proxy.HttpPort, Request), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Tls_of_a_host_with_the_annotation_goes_to_its_endpoint_once_the_flag_allows_it()
    {
        using var endpoint = new TcpListener(IPAddress.Loopback, 0);
        endpoint.Start();
        using var folder = new ManifestFolder();
        folder.Write("service.yaml", ManifestFolder.Service("web", EdgeProxyProcess.FreePort(), ((IPEndPoint)endpoint.LocalEndpoint).Port));
        folder.Write("web.yaml", ManifestFolder.Ingress("web", "app.example", "web")
            .Replace("{name: web}\nspec", "{name: web, annotations: {nginx.ingress.kubernetes.io/ssl-passthrough: \"true\"}}\nspec", StringComparison.Ordinal));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--ssl-passthrough", "true");
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, proxy.HttpsPort, Deadline);
        using var tls = new SslStream(client.GetStream());
        var handshake = tls.AuthenticateAsClientAsync("app.example");

        using var accepted = await endpoint.AcceptSocketAsync(Deadline);
        var first = new byte[1];
        await accepted.ReceiveAsync(first, Deadline);
        accepted.Close();

        Assert.Equal(22, first[0]); // a TLS handshake record
        await Assert.ThrowsAnyAsync<IOException>(() => handshake);
    }

    private static async Task<string> AskAsync(string from, int port, string text)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await client.ConnectAsync(IPAddress.Loopback, port, Deadline);
        await client.SendAsync(Encoding.ASCII.GetBytes(text), Deadline);
        using var reader = new StreamReader(new NetworkStream(client), Encoding.ASCII);
        return await reader.ReadToEndAsync(Deadline);
    }
}
