using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeProxy.EndToEnd.Tests.Telemetry;

/// <summary><c>/metrics</c> of the whole process, as Prometheus gets it.</summary>
public sealed class MetricsTests
{
    private const string OpenMetrics = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task What_happened_is_counted_in_both_formats()
    {
        await using var backend = await TestBackend.StartAsync("hello");
        using var folder = new ManifestFolder();
        var nodePort = EdgeProxyProcess.FreePort();
        folder.Write("web.yaml", ManifestFolder.Service("web", nodePort, backend.Port));
        folder.Write("gone.yaml", ManifestFolder.Service("gone", EdgeProxyProcess.FreePort(), ClosedPort()));
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web"));
        folder.Write("other.yaml", ManifestFolder.Ingress("gone", "gone.example.com", "gone"));
        folder.Write("wrong.yaml", ManifestFolder.Service("wrong", 99, backend.Port));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--nginx-metrics", "true");
        Assert.Equal(HttpStatusCode.OK, await AskAsync(proxy, "web.example.com"));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync(proxy, "unknown.example.com"));
        Assert.Equal(HttpStatusCode.BadGateway, await AskAsync(proxy, "gone.example.com"));
        var sent = await AskNodePortAsync(nodePort);

        // A request is counted when it is over, which its client may see a moment before.
        PrometheusParser text = null!;
        await proxy.WaitForAsync(
            async () =>
            {
                text = PrometheusParser.Parse(await ScrapeAsync(proxy, "text/plain", "text/plain; version=0.0.4; charset=utf-8"), openMetrics: false);
                return text.Value("edgeproxy_tcp_connections_closed_total", ("edgeproxy_reason", "completed")) == 1
                    && text.Value("edgeproxy_http_requests_total", ("edgeproxy_reason", "connect_failed")) == 1;
            },
            "what happened to be counted");
        var open = PrometheusParser.Parse(
            await ScrapeAsync(proxy, OpenMetrics, "application/openmetrics-text; version=1.0.0; charset=utf-8"), openMetrics: true);

        foreach (var page in new[] { text, open })
        {
            Assert.Equal(1, page.Value("http_server_request_duration_seconds_count", ("http_response_status_code", "200"), ("http_request_method", "GET"), ("url_scheme", "http"), ("network_protocol_version", "1.1")));
            Assert.Equal(1, page.Value("http_server_request_duration_seconds_count", ("http_response_status_code", "404"), ("error_type", "no_route")));
            Assert.Equal(1, page.Value("edgeproxy_http_requests_total", ("edgeproxy_reason", "forwarded")));
            Assert.Equal(1, page.Value("http_client_request_duration_seconds_count", ("http_response_status_code", "200")));
            Assert.True(page.Value("http_client_request_duration_seconds_count", ("error_type", "connect_failed")) >= 1);
            Assert.Equal(1, page.Value("edgeproxy_tcp_connections_accepted_total"));
            Assert.Equal(sent, page.Value("edgeproxy_tcp_io_bytes_total", ("network_io_direction", "receive")));
            Assert.Equal(1, page.Value("edgeproxy_tcp_dials_total"));
            Assert.Equal(0, page.Value("edgeproxy_tcp_connections_active", ("edgeproxy_loop", "0")));
            Assert.Equal(1, page.Value("edgeproxy_ready"));
            Assert.Equal(2, page.Value("edgeproxy_snapshot_objects", ("edgeproxy_kind", "ingress")));
            Assert.Equal(1, page.Value("edgeproxy_problems", ("edgeproxy_kind", "Service"), ("edgeproxy_severity", "error"), ("edgeproxy_reason", "other")));
            Assert.Equal(1, page.Value("edgeproxy_snapshot_generation"));
            Assert.True(page.Value("edgeproxy_loop_cpu_time_seconds_total", ("edgeproxy_loop", "0")) > 0);
            Assert.True(page.Value("process_open_fds") > 10);
            Assert.Equal(1, page.Value("nginx_ingress_controller_requests", ("host", "web.example.com"), ("ingress", "web"), ("namespace", "default"), ("service", "web"), ("path", "/"), ("status", "200"), ("method", "GET"), ("canary", "")));
            Assert.Equal(1, page.Value("nginx_ingress_controller_request_duration_seconds_count", ("ingress", "gone"), ("status", "502")));
            Assert.Equal(1, page.Value("nginx_ingress_controller_config_last_reload_successful"));
        }

        Assert.Equal("unknown", open.Families["nginx_ingress_controller_requests"].Type);
        Assert.Equal("counter", open.Families["edgeproxy_tcp_dials"].Type);
    }

    [Fact(Timeout = 120_000)]
    public async Task Promtool_finds_nothing_to_say()
    {
        Assert.SkipUnless(IsInstalled("promtool"), "'promtool' is not installed.");
        await using var backend = await TestBackend.StartAsync("hello");
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Service("web", EdgeProxyProcess.FreePort(), backend.Port));
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--dns", $"127.0.0.1:{EdgeProxyProcess.FreePort()}");
        await AskAsync(proxy, "web.example.com");
        await AskAsync(proxy, "unknown.example.com");

        var page = await ScrapeAsync(proxy, "text/plain", "text/plain; version=0.0.4; charset=utf-8");

        Assert.Contains("edgeproxy_dns_queries_total", page, StringComparison.Ordinal);
        Assert.Equal("", await CheckAsync(page));
    }

    [Fact(Timeout = 300_000)]
    public async Task Ten_thousand_routes_are_fewer_than_two_thousand_series()
    {
        const int Ingresses = 20;
        const int Routes = 10_000;
        await using var backend = await TestBackend.StartAsync("hello");
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Service("web", EdgeProxyProcess.FreePort(), backend.Port));
        for (var ingress = 0; ingress < Ingresses; ingress++)
        {
            var rules = Enumerable.Range(ingress * Routes / Ingresses, Routes / Ingresses).Select(
                index => $$$$$"""{"host":"h{{{{{index}}}}}.example.com","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}}""");
            folder.Write($"i{ingress}.json", $$$"""{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"i{{{ingress}}}"},"spec":{"rules":[{{{string.Join(',', rules)}}}]}}""");
        }

        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);

        // Every method, statuses of ours and of the endpoint, and hosts that a client makes up.
        using var client = new HttpClient();
        string[] methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW", "LINK"];
        for (var index = 0; index < 200; index++)
        {
            using var request = new HttpRequestMessage(new HttpMethod(methods[index % methods.Length]), $"http://127.0.0.1:{proxy.HttpPort}/{index}");
            request.Headers.Host = index % 3 == 0 ? $"made-up-{index}.example.net" : $"h{index * 37}.example.com";
            request.Version = index % 2 == 0 ? HttpVersion.Version11 : HttpVersion.Version20;
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            using var response = await client.SendAsync(request, Deadline);
        }

        var page = PrometheusParser.Parse(await ScrapeAsync(proxy, "text/plain", "text/plain; version=0.0.4; charset=utf-8"), openMetrics: false);

        Assert.Equal(Ingresses, page.Value("edgeproxy_snapshot_objects", ("edgeproxy_kind", "ingress")));
        Assert.True(page.Value("edgeproxy_http_requests_total", ("edgeproxy_reason", "forwarded")) > 0);
        Assert.InRange(page.Lines.Count, 300, 1_999);
        Assert.DoesNotContain(page.Lines, line => line.Labels.Values.Any(value => value.Contains("example", StringComparison.Ordinal)));
    }

    [Fact(Timeout = 120_000)]
    public async Task Detail_names_the_rule_never_what_a_client_wrote()
    {
        await using var backend = await TestBackend.StartAsync("hello");
        using var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Service("web", EdgeProxyProcess.FreePort(), backend.Port));
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "'*.example.com'", "web"));
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path, "--metrics-detail", "route");
        await AskAsync(proxy, "one.example.com");
        await AskAsync(proxy, "two.example.com");

        PrometheusParser page = null!;
        await proxy.WaitForAsync(
            async () =>
            {
                page = PrometheusParser.Parse(await ScrapeAsync(proxy, "text/plain", "text/plain; version=0.0.4; charset=utf-8"), openMetrics: false);
                return page.Value("edgeproxy_http_requests_total", ("edgeproxy_reason", "forwarded")) == 2;
            },
            "both requests");

        Assert.Equal(2, page.Value("http_server_request_duration_seconds_count", ("server_address", "*.example.com"), ("http_route", "/")));
    }

    private static async Task<HttpStatusCode> AskAsync(EdgeProxyProcess proxy, string host)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{proxy.HttpPort}/") { Headers = { Host = host } };
        using var response = await client.SendAsync(request, Deadline);
        return response.StatusCode;
    }

    /// <summary>One request over TCP, whose connection is over when this returns; how many bytes it took.</summary>
    private static async Task<int> AskNodePortAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Deadline);
        var request = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        await using var stream = client.GetStream();
        await stream.WriteAsync(request, Deadline);
        using var reader = new StreamReader(stream);
        Assert.Contains("hello", await reader.ReadToEndAsync(Deadline), StringComparison.Ordinal);
        return request.Length;
    }

    private static async Task<string> ScrapeAsync(EdgeProxyProcess proxy, string accept, string contentType)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);
        using var response = await client.GetAsync($"http://127.0.0.1:{proxy.AdminPort}/metrics", Deadline);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(contentType, response.Content.Headers.GetValues("Content-Type").Single());
        return await response.Content.ReadAsStringAsync(Deadline);
    }

    private static int ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static bool IsInstalled(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));

    /// <summary>What <c>promtool check metrics</c> says of a page; empty when it is content.</summary>
    private static async Task<string> CheckAsync(string page)
    {
        var start = new ProcessStartInfo("promtool", ["check", "metrics"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        using var promtool = Process.Start(start)!; // it is installed
        var output = promtool.StandardOutput.ReadToEndAsync(Deadline);
        var errors = promtool.StandardError.ReadToEndAsync(Deadline);
        await promtool.StandardInput.WriteAsync(page.AsMemory(), Deadline);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync(Deadline);
        var said = await output + await errors;
        return promtool.ExitCode == 0 ? said.Trim() : string.Create(CultureInfo.InvariantCulture, $"exit {promtool.ExitCode}: {said}");
    }
}
