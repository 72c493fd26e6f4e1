using System.Text;
using System.Text.Json;
using EdgeProxy.Http.Tests.Support;
using EdgeProxy.Testing;

namespace EdgeProxy.Http.Tests;

/// <summary>
/// The tables under <c>tests/cases/smuggling</c>: each payload is refused and nothing reaches the endpoint, or exactly the requests it names do, in
/// a form that can be read in one way only.
/// </summary>
public sealed class SmugglingTests
{
    private const string Sentinel = "/sentinel";

    // Whatever was left of a payload on the connection would change, or swallow, this request.
    private const string SentinelRequest = $"GET {Sentinel} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n";

    public static TheoryData<string> Http1Cases => NamesOf("http1");

    public static TheoryData<string> Http2Cases => NamesOf("http2");

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Http1Cases))]
    public async Task Http1_payload_is_refused_or_passes_as_what_it_says(string name)
    {
        var cancel = Deadline.Token;
        var payload = CaseOf("http1", name);
        await using var backend = new StrictBackend();
        await using var lab = await StartAsync(backend);
        using var client = await lab.Proxy.ConnectAsync(cancel);

        var hasSentinel = !payload.TryGetProperty("sentinel", out var sentinel) || sentinel.GetBoolean();
        await client.SendAsync(payload.GetProperty("send").GetString() + (hasSentinel ? SentinelRequest : ""), cancel);
        var answers = hasSentinel ? await client.ReadToEndAsync(cancel) : (await client.ReadHeadAsync(cancel))!.First;

        Assert.DoesNotContain("\r\nX-Evil:", answers, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\r\nSet-Cookie:", answers, StringComparison.OrdinalIgnoreCase);
        AssertOutcome(payload, answers.Length == 0 ? "reset" : answers.Split(' ')[1], backend);
    }

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Http2Cases))]
    public async Task Http2_request_is_refused_or_passes_as_what_it_says(string name)
    {
        var cancel = Deadline.Token;
        var payload = CaseOf("http2", name);
        await using var backend = new StrictBackend();
        await using var lab = await StartAsync(backend);
        using var client = await lab.Proxy.ConnectAsync(cancel);
        var http2 = new Http2Wire(client.Stream);
        var headers = payload.GetProperty("headers").EnumerateArray().Select(pair => (pair[0].GetString()!, pair[1].GetString()!));
        var body = payload.TryGetProperty("body", out var text) ? text.GetString() : null;

        await http2.OpenAsync(cancel);
        await http2.RequestAsync(headers, body, cancel);
        var status = await http2.ReadEndAsync(cancel);

        AssertOutcome(payload, status, backend);
    }

    private static void AssertOutcome(JsonElement payload, string status, StrictBackend backend)
    {
        Assert.Empty(backend.Violations);
        var seen = backend.Requests.Where(request => request.Head.Target != Sentinel).ToList();
        Assert.Equal(payload.GetProperty("expect").GetString(), status);
        if (status != "200")
        {
            Assert.Empty(seen);
            return;
        }

        var targets = payload.TryGetProperty("targets", out var listed) ? listed.EnumerateArray().Select(target => target.GetString()!).ToArray() : ["/x"];
        Assert.Equal(targets, seen.Select(request => request.Head.Target));
        Assert.Equal(payload.TryGetProperty("received", out var received) ? received.GetString() : "", Encoding.Latin1.GetString(seen[0].Body));
        if (payload.TryGetProperty("absent", out var absent))
        {
            Assert.All(absent.EnumerateArray(), header => Assert.Equal("", seen[0].Head[header.GetString()!]));
        }
    }

    private static Task<IngressLab> StartAsync(StrictBackend backend) => IngressLab.StartAsync(
        IngressLab.ServiceFor("web", backend.Address)
        + IngressLab.IngressWith([])
        + IngressLab.IngressWith([("rewrite-target", "/x/$1")], name: "rewrite", host: "rewrite.example.com", path: "/(.*)", pathType: "ImplementationSpecific")
        + IngressLab.IngressWith([], name: "secure", host: "secure.example.com", extra: "tls: [{hosts: [secure.example.com]}]"),
        http: options => options.RequestHeadersTimeout = TimeSpan.FromSeconds(1));

    private static TheoryData<string> NamesOf(string table) =>
        new(TestCases.ReadJson($"smuggling/{table}.json").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!));

    private static JsonElement CaseOf(string table, string name) => TestCases.ReadJson($"smuggling/{table}.json").EnumerateArray()
        .Single(entry => entry.GetProperty("name").GetString() == name);
}
