using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>Changes of the configuration file while the process runs.</summary>
public sealed class SettingReloadTests : IAsyncDisposable
{
    private readonly ManifestFolder _manifests = new();
    private readonly ManifestFolder _config = new();
    private readonly int _nodePort = EdgeProxyProcess.FreePort();
    private TestBackend? _backend;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Logs_follow_the_file_and_go_back_to_their_defaults_with_it()
    {
        await using var proxy = await StartAsync("{}");
        await AskAsync(proxy, "/before");

        await WriteAsync(proxy, """{"access-log": "json", "l4-access-log": "json", "log-level": "debug"}""", "says of log-level, access-log, l4-access-log holds from now on");
        await AskAsync(proxy, "/during");
        await proxy.WaitForAsync(() => Task.FromResult(proxy.Output.Contains("\"target\":\"/during\"", StringComparison.Ordinal)), "the line of the request");
        await proxy.WaitForLogAsync("\"LogLevel\":\"Debug\"");
        using (var socket = await ConnectAsync())
        {
            await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray(), Deadline);
            Assert.NotEqual(0, await socket.ReceiveAsync(new byte[1024], Deadline));
        }

        await proxy.WaitForAsync(() => Task.FromResult(proxy.Output.Contains("\"protocol\":\"tcp\"", StringComparison.Ordinal)), "the line of the connection");

        await WriteAsync(proxy, """{"l4-access-log": "json"}""", "says of log-level, access-log holds from now on");
        await AskAsync(proxy, "/after");
        proxy.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await proxy.WaitForExitAsync());
        Assert.DoesNotContain("/before", proxy.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("/after", proxy.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Timeouts_of_services_hold_for_the_next_connection()
    {
        await using var proxy = await StartAsync("{}");
        using var before = await ConnectAsync();

        await WriteAsync(proxy, """{"idle-timeout": "1s"}""", "says of idle-timeout holds from now on");
        using var after = await ConnectAsync();

        Assert.True(await EndsAsync(after));
        Assert.True(before.Connected && before.Poll(0, SelectMode.SelectWrite));

        static async Task<bool> EndsAsync(Socket socket)
        {
            try
            {
                return await socket.ReceiveAsync(new byte[1], Deadline) == 0;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
            {
                return true;
            }
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task What_takes_a_restart_is_named_and_the_rest_holds()
    {
        await using var proxy = await StartAsync("{}");

        _config.Write("edgeproxy.json", """{"threads": 1, "ingress-class": "other", "access-log": "json"}""");

        await proxy.WaitForLogAsync("says of ingress-class, threads holds after a restart only");
        await proxy.WaitForLogAsync("says of access-log holds from now on");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_with_a_mistake_changes_nothing_and_the_mistake_is_told()
    {
        await using var proxy = await StartAsync("""{"access-log": "json"}""");

        _config.Write("edgeproxy.json", """{"access-log": "off", "idle-timeout": "soon"}""");
        await proxy.WaitForLogAsync("edgeproxy.json: idle-timeout: must be a duration from 0s to 24h");
        _config.Delete("edgeproxy.json");
        await proxy.WaitForLogAsync("cannot be read as a JSON object");

        await AskAsync(proxy, "/still");
        await proxy.WaitForAsync(() => Task.FromResult(proxy.Output.Contains("\"target\":\"/still\"", StringComparison.Ordinal)), "the line of the request");
    }

    public async ValueTask DisposeAsync()
    {
        if (_backend is not null)
        {
            await _backend.DisposeAsync();
        }

        _manifests.Dispose();
        _config.Dispose();
    }

    private async Task<EdgeProxyProcess> StartAsync(string settings)
    {
        _backend = await TestBackend.StartAsync("web");
        _manifests.Write("web.yaml", ManifestFolder.Service("web", _nodePort, _backend.Port));
        _config.Write("edgeproxy.json", settings);
        return await EdgeProxyProcess.StartAsync("run", "--manifests", _manifests.Path, "--config", Path.Combine(_config.Path, "edgeproxy.json"));
    }

    private Task WriteAsync(EdgeProxyProcess proxy, string settings, string expected)
    {
        _config.Write("edgeproxy.json", settings);
        return proxy.WaitForLogAsync(expected);
    }

    private static async Task AskAsync(EdgeProxyProcess proxy, string path)
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync($"http://127.0.0.1:{proxy.HttpPort}{path}", Deadline);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _nodePort, Deadline);
        return socket;
    }
}
