using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using EdgeProxy.Http.Endpoints;
using EdgeProxy.Http.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace EdgeProxy.Http.Forwarding;

/// <summary>The header lines an endpoint gets: the client's, without those meant for us or not to be trusted, and ours.</summary>
internal static class RequestHeaders
{
    private const string ForwardedPrefix = "X-Forwarded-";
    private const string ClientVerify = "ssl-client-verify";
    private const string ClientSubject = "ssl-client-subject-dn";
    private const string ClientIssuer = "ssl-client-issuer-dn";
    private const string ClientCertificate = "ssl-client-cert";

    private static readonly FrozenSet<string> NotCopied = new[]
    {
        // For this connection only (RFC 9110 §7.6.1); Upgrade is put back by the forwarder where it is honoured.
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.TransferEncoding, HeaderNames.TE,
        HeaderNames.Trailer, HeaderNames.Upgrade, "HTTP2-Settings", HeaderNames.ProxyAuthenticate, HeaderNames.ProxyAuthorization,

        // httpoxy (CVE-2016-5385): CGI-like backends take it for the HTTP_PROXY variable.
        "Proxy",

        // Where Kestrel puts a length that a coding overrules.
        "X-Content-Length",

        // Ours to say; X-Forwarded-* is recognised by its prefix.
        HeaderNames.Host, "Forwarded", "X-Real-IP", "X-Scheme", RequestId.Header, "X-Original-Forwarded-For", "X-Original-Forwarded-Host",
        ClientVerify, ClientSubject, ClientIssuer, ClientCertificate,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> NotCopiedSpelled = NotCopied.GetAlternateLookup<ReadOnlySpan<char>>();

    // Most names are told apart by their first letter.
    private static readonly SearchValues<byte> FirstLetters =
        SearchValues.Create([.. NotCopied.Append(ForwardedPrefix).SelectMany(name => new[] { (byte)char.ToLowerInvariant(name[0]), (byte)char.ToUpperInvariant(name[0]) })]);

    /// <summary>True for a header that endpoints get as the client wrote it, where names with underscores do not pass.</summary>
    /// <param name="name">A token.</param>
    public static bool IsCopied(ReadOnlySpan<byte> name)
    {
        const int Longest = 64; // nothing that is not copied is longer
        if (name.Contains((byte)'_'))
        {
            return false;
        }

        if (name.Length > Longest || !FirstLetters.Contains(name[0]))
        {
            return !Ascii.EqualsIgnoreCase(name[..Math.Min(name.Length, ForwardedPrefix.Length)], ForwardedPrefix);
        }

        Span<char> spelled = stackalloc char[Longest];
        spelled = spelled[..Encoding.Latin1.GetChars(name, spelled)];
        return !spelled.StartsWith(ForwardedPrefix, StringComparison.OrdinalIgnoreCase) && !NotCopiedSpelled.Contains(spelled);
    }

    /// <summary>Fills in <paramref name="upstream"/> from the request of <paramref name="exchange"/>.</summary>
    public static void Copy(Exchange exchange, HttpRequestMessage upstream)
    {
        var headers = exchange.Http.Request.Headers;
        var settings = exchange.Snapshot.Http;

        // Best effort: Kestrel shortens "keep-alive, X-Name" to "keep-alive" before anybody sees it.
        var named = ConnectionOptions.Of(headers.Connection);
        foreach (var (name, value) in headers)
        {
            if (IsCopied(name, settings.AllowsUnderscores) && !named.Contains(name))
            {
                Add(upstream, name, value);
            }
        }

        // RFC 9112 §6.3: with both present the length is a lie, and sending it on is how requests are smuggled.
        if (headers.ContainsKey(HeaderNames.TransferEncoding))
        {
            upstream.Content?.Headers.Remove(HeaderNames.ContentLength);
        }

        // gRPC servers insist on it; the only value HTTP/2 knows (RFC 9113 §8.2.2).
        if (upstream.Version.Major == 2 && ConnectionOptions.Of(headers.TE).Contains("trailers"))
        {
            upstream.Headers.TryAddWithoutValidation(HeaderNames.TE, "trailers");
        }

        AddOurs(exchange, upstream);
        if (settings.AddsOriginalUri)
        {
            upstream.Headers.TryAddWithoutValidation("X-Original-URI", exchange.RawTarget);
        }

        foreach (var (name, value) in settings.RequestHeaders)
        {
            upstream.Headers.Remove(name);
            Add(upstream, name, value);
        }
    }

    /// <summary>Says who the client is by its certificate, on hosts that ask for one.</summary>
    public static void AddClientVerdict(HttpRequestMessage upstream, ClientVerdict verdict, bool withCertificate)
    {
        var ours = upstream.Headers;
        ours.TryAddWithoutValidation(ClientVerify, verdict.Word);
        if (verdict.Certificate is not { } certificate)
        {
            return;
        }

        ours.TryAddWithoutValidation(ClientSubject, verdict.Subject);
        ours.TryAddWithoutValidation(ClientIssuer, verdict.Issuer);
        if (withCertificate)
        {
            ours.TryAddWithoutValidation(ClientCertificate, Uri.EscapeDataString(certificate));
        }
    }

    /// <summary>
    /// What an authentication service is told of the client: its headers without those that go with the body, that are for this connection only, or
    /// that are not to be trusted.
    /// </summary>
    public static void CopyQuestion(Exchange exchange, HttpRequestMessage question)
    {
        var request = exchange.Http.Request;
        var named = ConnectionOptions.Of(request.Headers.Connection);
        foreach (var (name, value) in request.Headers)
        {
            if (IsCopied(name, exchange.Snapshot.Http.AllowsUnderscores)
                && !named.Contains(name)
                && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
                && !name.Equals(HeaderNames.Expect, StringComparison.OrdinalIgnoreCase))
            {
                // One that goes with a body is refused by a request that has none, and that is right.
                if (name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase) && value.Count > 1)
                {
                    question.Headers.TryAddWithoutValidation(name, string.Join("; ", value.ToArray()));
                }
                else
                {
                    question.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value);
                }
            }
        }
    }

    private static void AddOurs(Exchange exchange, HttpRequestMessage upstream)
    {
        var headers = exchange.Http.Request.Headers;
        var client = exchange.Client;
        var ours = upstream.Headers;
        var host = headers.Host;
        if (host.Count == 1 && host[0] is { Length: > 0 } name)
        {
            ours.TryAddWithoutValidation(HeaderNames.Host, name);
            ours.TryAddWithoutValidation("X-Forwarded-Host", client.Host ?? name);
        }

        ours.TryAddWithoutValidation("X-Forwarded-For", client.Chain ?? client.AddressText);
        ours.TryAddWithoutValidation("X-Forwarded-Port", client.Port);
        ours.TryAddWithoutValidation("X-Forwarded-Proto", client.Scheme);
        ours.TryAddWithoutValidation("X-Forwarded-Scheme", client.Scheme);
        ours.TryAddWithoutValidation("X-Scheme", client.Scheme);
        ours.TryAddWithoutValidation("X-Real-IP", client.AddressText);

        if (exchange.RequestId.Length > 0)
        {
            ours.TryAddWithoutValidation(RequestId.Header, exchange.RequestId);
        }

        AddClaimed(headers, upstream, "For");
        AddClaimed(headers, upstream, "Host");
    }

    /// <summary>What the client claimed, under a name nobody takes for the truth.</summary>
    private static void AddClaimed(IHeaderDictionary headers, HttpRequestMessage upstream, string what)
    {
        var claimed = headers[ForwardedPrefix + what];
        if (claimed.Count > 0)
        {
            Add(upstream, "X-Original-Forwarded-" + what, claimed);
        }
    }

    // X_Real_IP and X-Real-IP are the same variable to CGI-like backends, so names with an underscore would get around all of this.
    private static bool IsCopied(string name, bool underscores) =>
        name.Length > 0
        && name[0] != ':'
        && (!name.Contains('_', StringComparison.Ordinal) || (underscores && IsCopied(name.Replace('_', '-'), underscores)))
        && !name.StartsWith(ForwardedPrefix, StringComparison.OrdinalIgnoreCase)
        && !NotCopied.Contains(name);

    private static void Add(HttpRequestMessage upstream, string name, StringValues value)
    {
        // The client library keeps Content-Type and its like apart; which it wants where, only it knows.
        if (value.Count == 1)
        {
            var line = value.ToString();
            if (!upstream.Headers.TryAddWithoutValidation(name, line))
            {
                ContentOf(upstream, name)?.Headers.TryAddWithoutValidation(name, line);
            }

            return;
        }

        if (name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase))
        {
            // RFC 9113 §8.2.3: HTTP/2 may split cookies; joined again it takes a semicolon, where other headers take a comma.
            upstream.Headers.TryAddWithoutValidation(name, string.Join("; ", value.ToArray()));
            return;
        }

        if (!upstream.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value))
        {
            ContentOf(upstream, name)?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value);
        }
    }

    /// <summary>Where a content header goes; a request without a body gets an empty one to carry it.</summary>
    private static HttpContent? ContentOf(HttpRequestMessage upstream, string name) =>
        upstream.Content ??= name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? null : new ByteArrayContent([]);
}
