using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace EdgeProxy.Http;

/// <summary>Why a request ended as it did. The words are the same in the answer's body, in the log, and in the documentation.</summary>
public enum ResponseReason
{
    /// <summary><c>forwarded</c>: an endpoint answered.</summary>
    Forwarded,

    /// <summary><c>https_redirect</c>, 308: plain request for a host with TLS.</summary>
    HttpsRedirect,

    /// <summary><c>redirect</c>, 301, 302 or as asked: the route sends its requests elsewhere.</summary>
    Redirect,

    /// <summary><c>returned</c>, as asked: a translated snippet's <c>return</c> answers every request of the route.</summary>
    Returned,

    /// <summary><c>preflight</c>, 204: a CORS preflight, which the proxy answers.</summary>
    Preflight,

    /// <summary><c>server_options</c>, 200: <c>OPTIONS *</c> asks about this server, not about a route.</summary>
    ServerOptions,

    /// <summary><c>bad_request</c>, 400: malformed escape, NUL, or a request nobody can forward.</summary>
    BadRequest,

    /// <summary><c>request_timeout</c>, 408: the client stopped sending its body.</summary>
    RequestTimeout,

    /// <summary><c>certificate_required</c>, 400: the host asks for a client certificate, and there is none or a bad one.</summary>
    CertificateRequired,

    /// <summary><c>misdirected</c>, 421: the connection was made for another host, whose client certificates are not this one's.</summary>
    Misdirected,

    /// <summary><c>auth_required</c>, 401: no credentials, or wrong ones.</summary>
    AuthRequired,

    /// <summary><c>address_denied</c>, 403: the client's address may not.</summary>
    AddressDenied,

    /// <summary><c>auth_denied</c>, 403: the authentication service, or the client's certificate, says no.</summary>
    AuthDenied,

    /// <summary><c>auth_failed</c>, 500: the authentication service could not be asked, or answered neither yes nor no.</summary>
    AuthFailed,

    /// <summary><c>body_too_large</c>, 413: more than proxy-body-size.</summary>
    BodyTooLarge,

    /// <summary><c>rate_limited</c>, 503 unless configured otherwise: more requests than limit-rps or limit-rpm.</summary>
    RateLimited,

    /// <summary><c>connection_limited</c>, 503 unless configured otherwise: more requests at once than limit-connections.</summary>
    ConnectionLimited,

    /// <summary><c>closed</c>, 503: an annotation that restricts access cannot be honoured.</summary>
    Closed,

    /// <summary><c>no_route</c>, 404: no Ingress takes this host and path.</summary>
    NoRoute,

    /// <summary><c>backend_missing</c>, 503: the route's Service or port does not exist.</summary>
    BackendMissing,

    /// <summary><c>no_endpoint</c>, 503: the Service has no endpoint that may serve.</summary>
    NoEndpoint,

    /// <summary><c>connect_failed</c>, 502: every endpoint tried refused the connection, was unreachable, or failed the TLS handshake.</summary>
    ConnectFailed,

    /// <summary><c>connect_timeout</c>, 504: the last endpoint tried did not answer the connection attempt.</summary>
    ConnectTimeout,

    /// <summary><c>upstream_reset</c>, 502: the endpoint ended the connection before its answer was complete.</summary>
    UpstreamReset,

    /// <summary><c>upstream_invalid</c>, 502: the endpoint's answer is not HTTP, or its headers are too big.</summary>
    UpstreamInvalid,

    /// <summary><c>upstream_timeout</c>, 504: nothing came from the endpoint for too long.</summary>
    UpstreamTimeout,

    /// <summary><c>client_gone</c>, logged as 499: the client left; nobody is there to answer.</summary>
    ClientGone,

    /// <summary><c>internal_error</c>, 500: a fault of ours.</summary>
    InternalError,
}

/// <summary>Words, statuses and bodies of <see cref="ResponseReason"/>.</summary>
public static class ResponseReasons
{
    private static readonly byte[]?[] Bodies = [.. Enum.GetValues<ResponseReason>().Select(BodyOf)];

    /// <summary>The word for logs, bodies and metrics.</summary>
    public static string Word(this ResponseReason reason) => reason switch
    {
        ResponseReason.Forwarded => "forwarded",
        ResponseReason.HttpsRedirect => "https_redirect",
        ResponseReason.Redirect => "redirect",
        ResponseReason.Returned => "returned",
        ResponseReason.Preflight => "preflight",
        ResponseReason.CertificateRequired => "certificate_required",
        ResponseReason.Misdirected => "misdirected",
        ResponseReason.AuthRequired => "auth_required",
        ResponseReason.AddressDenied => "address_denied",
        ResponseReason.AuthDenied => "auth_denied",
        ResponseReason.AuthFailed => "auth_failed",
        ResponseReason.BodyTooLarge => "body_too_large",
        ResponseReason.RateLimited => "rate_limited",
        ResponseReason.ConnectionLimited => "connection_limited",
        ResponseReason.Closed => "closed",
        ResponseReason.ServerOptions => "server_options",
        ResponseReason.BadRequest => "bad_request",
        ResponseReason.RequestTimeout => "request_timeout",
        ResponseReason.NoRoute => "no_route",
        ResponseReason.BackendMissing => "backend_missing",
        ResponseReason.NoEndpoint => "no_endpoint",
        ResponseReason.ConnectFailed => "connect_failed",
        ResponseReason.ConnectTimeout => "connect_timeout",
        ResponseReason.UpstreamReset => "upstream_reset",
        ResponseReason.UpstreamInvalid => "upstream_invalid",
        ResponseReason.UpstreamTimeout => "upstream_timeout",
        ResponseReason.ClientGone => "client_gone",
        _ => "internal_error",
    };

    /// <summary>The status of our own answer; 0 for <see cref="ResponseReason.Forwarded"/>, whose status is the endpoint's.</summary>
    public static int Status(this ResponseReason reason) => reason switch
    {
        ResponseReason.Forwarded => 0,
        ResponseReason.HttpsRedirect => 308,
        ResponseReason.Redirect => 302,
        ResponseReason.Preflight => 204,
        ResponseReason.ServerOptions or ResponseReason.Returned => 200,
        ResponseReason.BadRequest or ResponseReason.CertificateRequired => 400,
        ResponseReason.AuthRequired => 401,
        ResponseReason.AddressDenied or ResponseReason.AuthDenied => 403,
        ResponseReason.BodyTooLarge => 413,
        ResponseReason.Misdirected => 421,
        ResponseReason.RateLimited or ResponseReason.ConnectionLimited or ResponseReason.Closed => 503,
        ResponseReason.RequestTimeout => 408,
        ResponseReason.NoRoute => 404,
        ResponseReason.BackendMissing or ResponseReason.NoEndpoint => 503,
        ResponseReason.ConnectFailed or ResponseReason.UpstreamReset or ResponseReason.UpstreamInvalid => 502,
        ResponseReason.ConnectTimeout or ResponseReason.UpstreamTimeout => 504,
        ResponseReason.ClientGone => 499,
        _ => 500,
    };

    /// <summary>True when we answer, or would have answered, with an error: worth a line in the log.</summary>
    public static bool IsError(this ResponseReason reason) => reason.Status() >= 400 && reason != ResponseReason.ClientGone;

    /// <summary>The error's body, <c>404 Not Found: no_route</c>; null for what is no error.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="status">The status where it is not the reason's own; else 0.</param>
    public static byte[]? Body(this ResponseReason reason, int status = 0) => status < 400 || status == reason.Status()
        ? Bodies[(int)reason]
        : Line($"{status} {ReasonPhrases.GetReasonPhrase(status)}", reason);

    private static byte[]? BodyOf(ResponseReason reason) => reason.Status() switch
    {
        400 => Line("400 Bad Request", reason),
        401 => Line("401 Unauthorized", reason),
        403 => Line("403 Forbidden", reason),
        404 => Line("404 Not Found", reason),
        408 => Line("408 Request Timeout", reason),
        413 => Line("413 Content Too Large", reason),
        421 => Line("421 Misdirected Request", reason),
        500 => Line("500 Internal Server Error", reason),
        502 => Line("502 Bad Gateway", reason),
        503 => Line("503 Service Unavailable", reason),
        504 => Line("504 Gateway Timeout", reason),
        _ => null,
    };

    private static byte[] Line(string status, ResponseReason reason) => Encoding.ASCII.GetBytes(status + ": " + reason.Word() + "\n");
}
