using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using EdgeProxy.Settings;
using EdgeProxy.Telemetry;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.EndToEnd.Tests.Telemetry;

/// <summary>Metrics and traces of the whole process, as a collector gets them.</summary>
public sealed class OtlpTests
{
    private const string Client = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string Unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task A_collector_gets_spans_and_metrics(string protocol)
    {
        await using var collector = await OtlpReceiver.StartAsync(protocol == "grpc");
        var seen = new ConcurrentQueue<string>();
        await using var backend = await TestBackend.StartAsync("web", context =>
        {
            seen.Enqueue(context.Request.Headers["traceparent"].ToString());
            context.Response.StatusCode = context.Request.Path == "/broken" ? 500 : 200;
            return context.Response.WriteAsync("ok", context.RequestAborted);
        });
        using var folder = Folder(backend.Port);
        await using var proxy = await EdgeProxyProcess.StartAsync(
            "run", "--manifests", folder.Path, "--access-log", "json", "--otlp-endpoint", collector.Address.AbsoluteUri, "--otlp-protocol", protocol, "--otlp-headers", "authorization=Bearer s3cret");
        await AskAsync(proxy, "/cart?token=x", Client, "vendor=1");
        await AskAsync(proxy, "/broken", null, null);
        await AskAsync(proxy, "/", Client, null, "unknown.example.com");

        proxy.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await proxy.WaitForExitAsync());

        var server = Assert.Single(collector.Spans, span => span.Kind == 2 && span.Attributes["url.path"] == "/cart");
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "GET /", "vendor=1"), (server.TraceId, server.ParentId, server.Name, server.State));
        Assert.Equal(("200", "/", "forwarded", "default/web", "http"), (server.Attributes["http.response.status_code"], server.Attributes["http.route"], server.Attributes["edgeproxy.reason"], server.Attributes["edgeproxy.ingress"], server.Attributes["url.scheme"]));
        Assert.DoesNotContain(server.Attributes.Values, value => value.Contains("token", StringComparison.Ordinal));
        var tried = Assert.Single(collector.Spans, span => span.Kind == 3 && span.ParentId == server.SpanId);
        Assert.Equal((server.TraceId, $"127.0.0.1:{backend.Port}"), (tried.TraceId, tried.Attributes["edgeproxy.endpoint"]));
        Assert.Contains($"00-{tried.TraceId}-{tried.SpanId}-01", seen);

        var broken = Assert.Single(collector.Spans, span => span.Kind == 2 && span.Attributes["url.path"] == "/broken");
        Assert.Equal((2, "500", ""), (broken.Status, broken.Attributes["error.type"], broken.ParentId));
        var lost = Assert.Single(collector.Spans, span => span.Attributes.GetValueOrDefault("edgeproxy.reason") == "no_route");
        Assert.Equal((0, "404"), (lost.Status, lost.Attributes["http.response.status_code"]));

        Assert.Equal("edgeproxy", collector.Resource["service.name"]);
        Assert.Equal("s", collector.Metrics["http.server.request.duration"]);
        Assert.Equal("{connection}", collector.Metrics["edgeproxy.tcp.connections.accepted"]);
        Assert.All(collector.Authorizations, value => Assert.Equal("Bearer s3cret", value));
        Assert.Contains(server.TraceId, proxy.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", proxy.Log + proxy.Output, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("never", Client, "00-0af7651916cd43dd8448eb211c80319c-", "-00")] // our sampler alone
    [InlineData("parent:always", Unsampled, "00-0af7651916cd43dd8448eb211c80319c-", "-00")] // the client said no
    [InlineData("parent:never", Client, "00-0af7651916cd43dd8448eb211c80319c-", "-01")] // the client said yes
    public async Task What_is_not_sampled_is_passed_on_all_the_same(string sample, string sent, string begins, string ends)
    {
        await using var collector = await OtlpReceiver.StartAsync(grpc: false);
        var seen = new TaskCompletionSource<string>();
        await using var backend = await TestBackend.StartAsync("web", context =>
        {
            seen.SetResult(context.Request.Headers["traceparent"].ToString());
            return Task.CompletedTask;
        });
        using var folder = Folder(backend.Port);
        await using var proxy = await EdgeProxyProcess.StartAsync(
            "run", "--manifests", folder.Path, "--otlp-endpoint", collector.Address.AbsoluteUri, "--otlp-protocol", "http/protobuf", "--traces-sample", sample);
        await AskAsync(proxy, "/", sent, null);

        proxy.Signal(PosixSignal.SIGTERM);
        await proxy.WaitForExitAsync();

        var got = await seen.Task;
        Assert.StartsWith(begins, got, StringComparison.Ordinal);
        Assert.EndsWith(ends, got, StringComparison.Ordinal);
        Assert.Equal(ends == "-01", !collector.Spans.IsEmpty);
    }

    [Fact(Timeout = 120_000)]
    public async Task Annotations_say_how_a_route_is_traced()
    {
        await using var collector = await OtlpReceiver.StartAsync(grpc: false);
        var seen = new ConcurrentDictionary<string, string>();
        await using var backend = await TestBackend.StartAsync("web", context =>
        {
            seen[context.Request.Host.Host] = context.Request.Headers["traceparent"].ToString();
            return Task.CompletedTask;
        });
        using var folder = Folder(backend.Port);
        folder.Write("left.yaml", Traced("left", "enable-opentelemetry", "false"));
        folder.Write("own.yaml", Traced("own", "opentelemetry-trust-incoming-span", "false"));
        folder.Write("named.yaml", Traced("named", "opentelemetry-operation-name", "shop-$request_method-$service_name"));
        await using var proxy = await EdgeProxyProcess.StartAsync(
            "run", "--manifests", folder.Path, "--otlp-endpoint", collector.Address.AbsoluteUri, "--otlp-protocol", "http/protobuf");
        string[] hosts = ["left.example.com", "own.example.com", "named.example.com"];
        foreach (var host in hosts)
        {
            await AskAsync(proxy, "/", Client, null, host);
        }

        proxy.Signal(PosixSignal.SIGTERM);
        await proxy.WaitForExitAsync();

        var spans = collector.Spans.Where(span => span.Kind == 2).ToDictionary(span => span.Attributes["server.address"]);
        Assert.Equal(["named.example.com", "own.example.com"], spans.Keys.Order());
        Assert.Equal(Client, seen["left.example.com"]);
        Assert.Equal("", spans["own.example.com"].ParentId);
        Assert.StartsWith($"00-{spans["own.example.com"].TraceId}-", seen["own.example.com"], StringComparison.Ordinal);
        Assert.NotEqual(Client[3..35], spans["own.example.com"].TraceId);
        Assert.Equal(("shop-GET-web", Client[36..52]), (spans["named.example.com"].Name, spans["named.example.com"].ParentId));
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_a_collector_a_trace_context_passes_untouched()
    {
        var seen = new TaskCompletionSource<string>();
        await using var backend = await TestBackend.StartAsync("web", context =>
        {
            seen.SetResult($"{context.Request.Headers["traceparent"]} {context.Request.Headers["tracestate"]} {context.Request.Headers["baggage"]}");
            return Task.CompletedTask;
        });
        using var folder = Folder(backend.Port);
        await using var proxy = await EdgeProxyProcess.StartAsync("run", "--manifests", folder.Path);

        await AskAsync(proxy, "/", Unsampled, "vendor=1");

        Assert.Equal($"{Unsampled} vendor=1 ", await seen.Task);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_collector_that_is_away_costs_no_request_and_is_told()
    {
        await using var backend = await TestBackend.StartAsync("web");
        using var folder = Folder(backend.Port);
        await using var proxy = await EdgeProxyProcess.StartAsync(
            "run", "--manifests", folder.Path, "--otlp-endpoint", $"http://127.0.0.1:{EdgeProxyProcess.FreePort()}", "--otlp-protocol", "http/protobuf");

        Assert.Equal("web", await AskAsync(proxy, "/", null, null));

        await proxy.WaitForLogAsync("do not get through to the OTLP endpoint");
    }

    [Theory]
    [InlineData("otlp-endpoint", "localhost:4317")]
    [InlineData("otlp-protocol", "http/json")]
    [InlineData("otlp-headers", "s3cret")]
    [InlineData("traces-sample", "1.5")]
    [InlineData("traces-sample", "parent:sometimes")]
    [InlineData("metrics-detail", "path")]
    public void A_bad_setting_is_named_but_not_repeated(string name, string value)
    {
        var errors = new List<string>();

        SettingSources.Read(new Dictionary<string, IReadOnlyList<string>> { [name] = [value] }, configFile: null, _ => null, errors);

        Assert.StartsWith($"--{name}: must be ", Assert.Single(errors), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", errors[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317", true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:4317", true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://c:4317", false, true)]
    public void The_usual_variables_switch_it_on(string variable, string value, bool traces, bool metrics) =>
        Assert.Equal((traces, metrics), new OtlpOptions().Wanted(name => name == variable ? value : null));

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true", false, false)]
    [InlineData("OTEL_TRACES_EXPORTER", "none", false, true)]
    [InlineData("OTEL_METRICS_EXPORTER", "none", true, false)]
    public void And_off(string variable, string value, bool traces, bool metrics) => Assert.Equal(
        (traces, metrics), new OtlpOptions { Endpoint = new Uri("http://c:4317") }.Wanted(name => name == variable ? value : null));

    private static ManifestFolder Folder(int backendPort)
    {
        var folder = new ManifestFolder();
        folder.Write("web.yaml", ManifestFolder.Service("web", EdgeProxyProcess.FreePort(), backendPort));
        folder.Write("ingress.yaml", ManifestFolder.Ingress("web", "web.example.com", "web"));
        return folder;
    }

    private static string Traced(string name, string annotation, string value) => ManifestFolder.Ingress(name, $"{name}.example.com", "web").Replace(
        $"metadata: {{name: {name}}}", $"metadata: {{name: {name}, annotations: {{nginx.ingress.kubernetes.io/{annotation}: '{value}'}}}}", StringComparison.Ordinal);

    private static async Task<string> AskAsync(EdgeProxyProcess proxy, string target, string? parent, string? state, string host = "web.example.com")
    {
        // A client that adds nothing of its own.
        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null };
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{proxy.HttpPort}{target}") { Headers = { Host = host } };
        if (parent is not null)
        {
            request.Headers.Add("traceparent", parent);
        }

        if (state is not null)
        {
            request.Headers.Add("tracestate", state);
        }

        using var response = await client.SendAsync(request, Deadline);
        return await response.Content.ReadAsStringAsync(Deadline);
    }
}
