using EdgeProxy.Http.Tests.Support;

namespace EdgeProxy.Http.Tests.FastLane;

/// <summary>
/// The same request and the same answer with and without the fast lane: what the endpoint gets and what the client gets must be the same, up to the
/// order of header lines.
/// </summary>
public sealed class BothLanesTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 2\r\n\r\nok";

    /// <summary>Name, request line and headers beyond Host, answer.</summary>
    public static TheoryData<string, string, string> Cases => new()
    {
        { "GET / HTTP/1.1\r\n", "", Ok },
        { "GET /a%2Fb/../c?x=%zz&y=[1] HTTP/1.1\r\n", "", Ok },
        { "HEAD / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n" },
        { "HEAD / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" },
        { "OPTIONS /x HTTP/1.1\r\n", "Origin: http://a\r\n", Ok },
        { "DELETE /x HTTP/1.1\r\n", "", "HTTP/1.1 204 No Content\r\n\r\n" },
        { "DELETE /x HTTP/1.1\r\n", "Content-Length: 3\r\n", Ok },
        { "POST /x HTTP/1.1\r\n", "", Ok },
        { "PUT /x HTTP/1.1\r\n", "Content-Length: 0\r\n", Ok },
        { "PATCH /x HTTP/1.1\r\n", "Content-Length: 5\r\nContent-Type: text/plain\r\n", Ok },
        { "POST /x HTTP/1.1\r\n", "Content-Length: 5\r\n", "HTTP/1.1 201 Created\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n" },
        { "GET / HTTP/1.1\r\n", "Connection: keep-alive\r\nKeep-Alive: 3\r\nProxy-Connection: x\r\nProxy-Authorization: y\r\n", Ok },
        { "GET / HTTP/1.1\r\n", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: h\r\nX-Forwarded-Prefix: /p\r\nX-Real-IP: 1.2.3.4\r\nForwarded: for=x\r\nX-Scheme: y\r\n", Ok },
        { "GET / HTTP/1.1\r\n", "X_Real_IP: 1\r\nProxy: z\r\nSSL-Client-Verify: SUCCESS\r\nX-Content-Length: 7\r\nX-Original-Forwarded-For: 9\r\n", Ok },
        { "GET / HTTP/1.1\r\n", "X-Request-ID: mine\r\nUser-Agent: a  (b)\r\nAccept: */*\r\nAccept-Encoding: gzip, br\r\nCookie: a=1; b=2\r\n", Ok },
        { "GET / HTTP/1.1\r\n", "Upgrade-Insecure-Requests: 1\r\nSec-Fetch-Mode: navigate\r\nIf-None-Match: \"x\"\r\nRange: bytes=0-1\r\nAuthorization: Basic eDp5\r\n", Ok },
        { "GET / HTTP/1.1\r\n", "X-Empty:\r\nX-Spaced: \t a \t\r\nX-Latin: caf\u00e9\r\n", Ok },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 55\r\n\r\n" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 299 Fine by me\r\nServer: theirs\r\nVia: 1.1 x\r\nContent-Length: 0\r\n\r\n" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 500 \r\nContent-Length: 2\r\n\r\nno" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Named, keep-alive\r\nX-Named: 1\r\nX-Kept: 1\r\nKeep-Alive: 5\r\n\r\nok" },
        {
            "GET / HTTP/1.1\r\n", "",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nUpgrade: h2c\r\nProxy-Connection: a\r\nProxy-Authenticate: b\r\nProxy-Authentication-Info: c\r\nProxy-Authorization: d\r\n"
            + "Proxy-Features: e\r\nProxy-Instruction: f\r\nSecurity-Scheme: g\r\nALPN: h\r\nClose: i\r\nHTTP2-Settings: j\r\nTE: k\r\nTrailer: l\r\nAlt-Svc: m\r\n"
            + "Upgrade-Insecure-Requests: n\r\nStrict-Transport-Security: max-age=1\r\nX-Kept: o\r\n\r\nok"
        },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2, c\r\nX-Latin: caf\u00e9\r\nContent-Type: text/html\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nok" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\nContent-Length: 2\nX-Bare: lf\n\nok" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\r\nX-Folded: a\r\n  b\r\nContent-Length: 2\r\n\r\nok" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Space : a\r\n\r\nok" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\nok" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\nok" },
        { "GET / HTTP/1.1\r\n", "", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok" },
    };

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Cases))]
    public async Task Both_lanes_do_the_same(string line, string headers, string answer)
    {
        var (sentFast, gotFast) = await ExchangeAsync(isFast: true, line, headers, answer);
        var (sent, got) = await ExchangeAsync(isFast: false, line, headers, answer);

        Assert.Equal(sent, sentFast);
        Assert.Equal(got, gotFast);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\nuntil the end")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nuntil the end")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    public async Task Body_that_ends_with_its_connection_is_whole_on_both_lanes(string answer)
    {
        var cancel = Deadline.Token;
        var texts = new List<string>();
        foreach (var isFast in new[] { true, false })
        {
            await using var backend = RawBackend.Doing(async (backend, wire, _, stop) =>
            {
                await backend.ReadRequestAsync(wire, stop);
                await wire.SendAsync(answer, stop);
            });
            await using var proxy = await TestProxy.ServingAsync(options => options.FastLane = isFast, backend.Address);
            using var client = await proxy.ConnectAsync(cancel);

            for (var i = 0; i < 2; i++)
            {
                var got = await client.AskAsync("GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n", cancel);
                Assert.True(got.Complete);
                texts.Add(got.Text);
            }

            Assert.Equal(isFast ? 2 : 0, proxy.Frontend.FastLaneRequests);
        }

        Assert.All(texts, text => Assert.Equal(answer.Split("\r\n\r\n")[1], text));
    }

    private static async Task<(string Sent, string Got)> ExchangeAsync(bool isFast, string line, string headers, string answer)
    {
        var cancel = Deadline.Token;
        await using var backend = RawBackend.Answering(answer);
        await using var proxy = await TestProxy.ServingAsync(options => options.FastLane = isFast, backend.Address);
        using var client = await proxy.ConnectAsync(cancel);
        var length = headers.StartsWith("Content-Length: ", StringComparison.Ordinal) ? headers["Content-Length: ".Length] - '0' : 0;

        var got = await client.AskAsync($"{line}Host: App.example.com:80\r\n{headers}\r\n{"body!"[..length]}", cancel);

        Assert.Equal(isFast ? 1 : 0, proxy.Frontend.FastLaneRequests);
        var sent = await backend.NextAsync(cancel);
        return (
            Text(sent.Head, sent.Body, $"{proxy.HttpPort}", id: sent.Head["X-Request-ID"] == "mine" ? null : sent.Head["X-Request-ID"]),
            Text(got.Head, got.Body, "no port", id: answer.Contains("Date:", StringComparison.Ordinal) ? null : got.Head["Date"]));
    }

    private static string Text(HttpHead head, byte[] body, string port, string? id)
    {
        var lines = head.Lines
            .Select(line => id is { Length: > 0 } ? line.Replace(id, "ID", StringComparison.Ordinal) : line)
            .Select(line => line.Replace(port, "PORT", StringComparison.Ordinal))
            .Select(line => line.Split(':', 2) is [var name, var value] ? $"{name.ToLowerInvariant()}: {value.Trim()}" : line)
            .Order(StringComparer.Ordinal);
        return $"{head.First}\n{string.Join('\n', lines)}\n\n{System.Text.Encoding.Latin1.GetString(body)}";
    }
}
