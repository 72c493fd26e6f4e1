using System.Text;

namespace EdgeProxy.Http;

/// <summary>Why a request ended as it did. The words are the same in the answer's body, in the log, and in the documentation.</summary>
public enum ResponseReason
{
    /// <summary><c>forwarded</c>: an endpoint answered.</summary>
    Forwarded,

    /// <summary><c>https_redirect</c>, 308: plain request for a host with TLS.</summary>
    HttpsRedirect,

    /// <summary><c>server_options</c>, 200: <c>OPTIONS *</c> asks about this server, not about a route.</summary>
    ServerOptions,

    /// <summary><c>bad_request</c>, 400: malformed escape, NUL, or a request nobody can forward.</summary>
    BadRequest,

    /// <summary><c>request_timeout</c>, 408: the client stopped sending its body.</summary>
    RequestTimeout,

    /// <summary><c>no_route</c>, 404: no Ingress takes this host and path.</summary>
    NoRoute,

    /// <summary><c>backend_missing</c>, 503: the route's Service or port does not exist.</summary>
    BackendMissing,

    /// <summary><c>no_endpoint</c>, 503: the Service has no endpoint that may serve.</summary>
    NoEndpoint,

    /// <summary><c>connect_failed</c>, 502: every endpoint tried refused the connection or was unreachable.</summary>
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
internal static class ResponseReasons
{
    private static readonly byte[]?[] Bodies = [.. Enum.GetValues<ResponseReason>().Select(BodyOf)];

    /// <summary>The word for logs, bodies and metrics.</summary>
    public static string Word(this ResponseReason reason) => reason switch
    {
        ResponseReason.Forwarded => "forwarded",
        ResponseReason.HttpsRedirect => "https_redirect",
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
        ResponseReason.ServerOptions => 200,
        ResponseReason.BadRequest => 400,
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
    public static byte[]? Body(this ResponseReason reason) => Bodies[(int)reason];

    private static byte[]? BodyOf(ResponseReason reason) => reason.Status() switch
    {
        400 => Line("400 Bad Request", reason),
        404 => Line("404 Not Found", reason),
        408 => Line("408 Request Timeout", reason),
        500 => Line("500 Internal Server Error", reason),
        502 => Line("502 Bad Gateway", reason),
        503 => Line("503 Service Unavailable", reason),
        504 => Line("504 Gateway Timeout", reason),
        _ => null,
    };

    private static byte[] Line(string status, ResponseReason reason) => Encoding.ASCII.GetBytes(status + ": " + reason.Word() + "\n");
}
