using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeProxy.Http.AccessLogs;
using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests;

/// <summary>The access log, as whoever reads it gets it.</summary>
public sealed partial class AccessLogTests
{
    [Fact(Timeout = 30_000)]
    public async Task Json_says_what_happened()
    {
        var cancel = Deadline.Token;
        using var output = new MemoryStream();
        await using var backend = RawBackend.Answering("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        var proxy = await StartAsync(AccessLogFormat.Json, output, backend);
        using (var client = await proxy.ConnectAsync(cancel))
        {
            await client.AskAsync("GET /a?b=\"x HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: t\"\\\u00e4\r\nX-Request-ID: id-1\r\n\r\n", cancel);
            await client.AskAsync("GET / HTTP/1.1\r\nHost: unknown.example.com\r\n\r\n", cancel);
        }

        var generation = proxy.Snapshots.Current.Generation;

        await proxy.DisposeAsync();

        var lines = Lines(output).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(2, lines.Count);
        Assert.Equal("/a?b=\"x", lines[0].GetProperty("target").GetString());
        Assert.Equal(201, lines[0].GetProperty("status").GetInt32());
        Assert.Equal("forwarded", lines[0].GetProperty("reason").GetString());
        Assert.Equal(5, lines[0].GetProperty("bodyBytesSent").GetInt64());
        Assert.Equal("id-1", lines[0].GetProperty("requestId").GetString());
        Assert.Equal("/", lines[0].GetProperty("routePath").GetString());
        Assert.Equal("default/web:http/TCP", lines[0].GetProperty("service").GetString());
        Assert.Equal(backend.Address.ToString(), lines[0].GetProperty("endpoint").GetString());
        Assert.Equal(1, lines[0].GetProperty("tries").GetInt32());
        Assert.Equal(201, lines[0].GetProperty("upstreamStatus").GetInt32());
        Assert.Equal(generation, lines[0].GetProperty("generation").GetInt64());
        Assert.Equal("t\"\\\u00e4", lines[0].GetProperty("userAgent").GetString());
        Assert.Equal("no_route", lines[1].GetProperty("reason").GetString());
        Assert.Equal(404, lines[1].GetProperty("status").GetInt32());
        Assert.False(lines[1].TryGetProperty("endpoint", out _));
    }

    [Fact(Timeout = 30_000)]
    public async Task Upstreaminfo_is_ingress_nginx_line_and_cannot_be_forged()
    {
        var cancel = Deadline.Token;
        using var output = new MemoryStream();
        await using var backend = RawBackend.Answering();
        var proxy = await StartAsync(AccessLogFormat.UpstreamInfo, output, backend);
        using (var client = await proxy.ConnectAsync(cancel))
        {
            await client.AskAsync("GET /x HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: a\" 200 \u00e4\r\nReferer: http://r/\r\n\r\n", cancel);
        }

        await proxy.DisposeAsync();

        var line = Assert.Single(Lines(output));
        Assert.Matches(UpstreamInfo(), line);
        Assert.Contains("\"http://r/\" \"a\\x22 200 \\xE4\"", line, StringComparison.Ordinal);
        Assert.Contains($"[default-web-80] [] {backend.Address} 2 ", line, StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("enable-access-log", "false", 0)]
    [InlineData("enable-access-log", "true", 1)]
    [InlineData("enable-access-log", "nonsense", 1)]
    public async Task A_route_can_be_left_out(string annotation, string value, int lines)
    {
        using var output = new MemoryStream();
        await using var backend = RawBackend.Answering();
        await using (var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([(annotation, value)]), http: options => Log(options, AccessLogFormat.Json, output)))
        {
            Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
            Assert.Equal(value == "nonsense", lab.Problems.Count > 0);
        }

        Assert.Equal(lines, Lines(output).Length);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("disable-access-log", "true", 0)]
    [InlineData("disable-http-access-log", "true", 0)]
    [InlineData("disable-access-log", "nonsense", 2)]
    [InlineData("skip-access-log-urls", "/healthz,/ready", 1)]
    public async Task The_ConfigMap_leaves_out_requests(string key, string value, int lines)
    {
        using var output = new MemoryStream();
        await using var backend = RawBackend.Answering();
        await using (var lab = await IngressLab.StartAsync(
            IngressLab.ServiceFor("web", backend.Address) + IngressLab.IngressWith([]), http: options => Log(options, AccessLogFormat.Json, output), configuration: (key, value)))
        {
            Assert.Equal(200, (await lab.GetAsync("/", Deadline.Token)).Status);
            Assert.Equal(200, (await lab.GetAsync("/healthz?x", Deadline.Token)).Status);
            Assert.Equal(value == "nonsense", lab.Problems.Any(problem => problem.Field == $"data[{key}]"));
        }

        Assert.Equal(lines, Lines(output).Length);
    }

    private static Task<TestProxy> StartAsync(AccessLogFormat format, Stream output, RawBackend backend) => TestProxy.ServingAsync(
        options => Log(options, format, output), backend.Address);

    private static void Log(HttpFrontendOptions options, AccessLogFormat format, Stream output)
    {
        options.AccessLog = format;
        options.AccessLogOutput = output;
    }

    private static string[] Lines(MemoryStream output) => Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("""^127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d\d:?\d\d\] "GET /x HTTP/1\.1" 200 2 ".*" ".*" 0 \d+\.\d{3} \[.*\] \[\] \S+ 2 \d+\.\d{3} 200 [0-9a-f]{32} forwarded 1$""")]
    private static partial Regex UpstreamInfo();
}
