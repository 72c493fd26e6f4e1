using System.Text;
using EdgeProxy.Http.FastLane;
using EdgeProxy.Testing;

namespace EdgeProxy.Http.Tests.FastLane;

/// <summary>The strict parser against a slow one that follows the rules one by one, on heads made of what requests and attacks are made of.</summary>
public sealed class RequestHeadTests
{
    private const int Cases = 20_000;
    private const int MaxLength = 300;

    private static readonly string[] Pieces =
    [
        "GET ", "POST ", "get ", "PRI ", "G\0T ", "/", "/a?b", "/a#b", "*", "http://h/", " HTTP/1.1\r\n", " HTTP/1.1\n", " HTTP/1.0\r\n", " HTTP/1.1 \r\n",
        "Host: h\r\n", "Host: h:80\r\n", "Host: \r\n", "host:h\r\n", "Host : h\r\n", "Host: a b\r\n", "X: y\r\n", "X:\r\n", ": y\r\n", " fold\r\n", "X: \u00e9\r\n",
        "X: a\0b\r\n", "X: a\rb\r\n", "X: a\nb\r\n", "X: a\tb\r\n", "Content-Length: 3\r\n", "Content-Length: 03\r\n", "Content-Length: 0\r\n", "Content-Length: +3\r\n",
        "Content-Length: 3, 3\r\n", "Transfer-Encoding: chunked\r\n", "transfer-encoding:identity\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n",
        "Connection: x\r\n", "Upgrade: h2c\r\n", "Expect: 100-continue\r\n", "TE: trailers\r\n", "Trailer: x\r\n", "Cookie: a\r\n", "X-Request-ID: 1\r\n",
        "X-Forwarded-For: 1\r\n", "X-Forwarded-Host: 1\r\n", "Content-Type: application/grpc+proto\r\n", "Content-Type: text/plain\r\n", "\r\n", "\r", "\n", "body",
    ];

    [Fact]
    public void Parser_agrees_with_the_rules_whatever_comes_and_however_it_is_split()
    {
        var seed = TestSeed.Choose();
        var plain = 0;
        for (var index = 0; index < Cases; index++)
        {
            var random = seed.Generator(index);
            var text = Make(random);
            var bytes = Encoding.Latin1.GetBytes(text);
            var head = new RequestHead(MaxLength);

            var verdict = head.Parse(bytes);

            var expected = Reference(text);
            Assert.True(expected == verdict, $"{seed.Describe(index)}: {verdict} instead of {expected} for {Show(text)}");
            if (verdict == HeadVerdict.Plain)
            {
                plain++;
                AssertSplit(head.Length, bytes, seed.Describe(index));
            }
        }

        // Else the pieces make nothing worth comparing.
        Assert.True(plain > Cases / 20, $"{seed.Describe(0)}: only {plain} heads were plain.");
    }

    /// <summary>No beginning of a plain head is judged to be anything but a beginning, so nothing depends on how bytes arrive.</summary>
    private static void AssertSplit(int length, byte[] bytes, string seed)
    {
        var head = new RequestHead(MaxLength);
        for (var split = 0; split < length; split++)
        {
            Assert.True(head.Parse(bytes.AsSpan(0, split)) == HeadVerdict.Incomplete, $"{seed}, the first {split} bytes");
        }

        Assert.Equal(HeadVerdict.Plain, head.Parse(bytes.AsSpan(0, length)));
        Assert.Equal(length, head.Length);
    }

    private static string Make(Random random)
    {
        // Mostly right, so that one thing at a time is wrong.
        var parts = new List<string> { "GET ", "/", " HTTP/1.1\r\n", "Host: h\r\n" };
        for (var extra = random.Next(4); extra > 0; extra--)
        {
            parts.Insert(random.Next(3, parts.Count + 1), Pieces[random.Next(Pieces.Length)]);
        }

        parts.Add("\r\n");
        for (var wrong = random.Next(3) - 1; wrong > 0; wrong--)
        {
            parts[random.Next(parts.Count)] = Pieces[random.Next(Pieces.Length)];
        }

        return string.Concat(parts);
    }

    private static HeadVerdict Reference(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return text.Length < MaxLength && (text.Length == 0 || text[0] is >= 'A' and <= 'Z') && BeginsClean(text) ? HeadVerdict.Incomplete : HeadVerdict.Other;
        }

        var lines = text[..end].Split("\r\n");
        var line = lines[0].Split(' ');
        var isPlain = end + 4 <= MaxLength
            && line is ["GET" or "POST" or "PUT" or "HEAD" or "PATCH" or "DELETE" or "OPTIONS", ['/', ..] target, "HTTP/1.1"]
            && target.All(c => c is >= '!' and <= '~' and not '#')
            && lines.Skip(1).All(IsHeader)
            && Named(lines, "host") is [var host] && IsHost(host)
            && Named(lines, "content-length") is [] or [[>= '1' and <= '9', ..] or "0"] && Named(lines, "content-length").All(length => length.All(char.IsAsciiDigit))
            && Named(lines, "connection") is [] or ["close" or "keep-alive"]
            && new[] { "transfer-encoding", "upgrade", "expect", "te", "trailer" }.All(name => Named(lines, name).Length == 0)
            && new[] { "cookie", "x-request-id", "x-forwarded-for", "x-forwarded-host" }.All(name => Named(lines, name).Length <= 1)
            && Named(lines, "content-type").All(type => !type.StartsWith("application/grpc", StringComparison.Ordinal));
        return isPlain ? HeadVerdict.Plain : HeadVerdict.Other;
    }

    private static bool BeginsClean(string text)
    {
        var control = text.ToList().FindIndex(IsControl);
        return control < 0 || (text[control] == '\r' && (control + 1 == text.Length || text[control + 1] == '\n'));
    }

    private static bool IsControl(char c) => (c < ' ' && c != '\t') || c == '\u007F';

    private static bool IsHeader(string line) =>
        line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0
        && line[..colon].All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
        && !line.Any(IsControl);

    private static bool IsHost(string host) =>
        host.Split(':') is [{ Length: > 0 } name, .. var ports]
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
        && ports is [] or [{ Length: > 0 and <= 5 }]
        && ports.All(port => port.All(char.IsAsciiDigit));

    private static string[] Named(string[] lines, string name) =>
    [
        .. lines.Skip(1).Select(line => line.Split(':', 2)).Where(line => line[0].Equals(name, StringComparison.OrdinalIgnoreCase)).Select(line => line[1].Trim(' ', '\t')),
    ];

    private static string Show(string text) => text.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
