namespace EdgeProxy.Model.Policies;

/// <summary>When a request goes to another endpoint. Nothing is tried again once the client has got a byte of an answer.</summary>
public sealed record RetryPolicy
{
    /// <summary>Tries of a request where nothing else is written.</summary>
    public const int DefaultTries = 3;

    /// <summary>ingress-nginx's: on errors and timeouts, three tries.</summary>
    public static RetryPolicy Default { get; } = new();

    /// <summary>Annotation proxy-next-upstream. Default <c>error timeout</c>.</summary>
    public RetryConditions Conditions { get; init; } = RetryConditions.Error | RetryConditions.Timeout;

    /// <summary>Annotation proxy-next-upstream-tries: tries in all, the first included; 0: as many as there are. Default 3.</summary>
    public int Tries { get; init; } = DefaultTries;

    /// <summary>Annotation proxy-next-upstream-timeout: with this much time gone no further try begins; zero, the default: no limit.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>True when an answer of that status is not passed on while another endpoint can be asked.</summary>
    public bool Rejects(int status) => Conditions.HasFlag(status switch
    {
        403 => RetryConditions.Http403,
        404 => RetryConditions.Http404,
        429 => RetryConditions.Http429,
        500 => RetryConditions.Http500,
        502 => RetryConditions.Http502,
        503 => RetryConditions.Http503,
        504 => RetryConditions.Http504,
        _ => RetryConditions.Never,
    });
}

/// <summary>What makes a request go to another endpoint; nginx's names.</summary>
[Flags]
public enum RetryConditions
{
    /// <summary><c>off</c>.</summary>
    None = 0,

    /// <summary><c>error</c>: the connection failed or broke before the head of the answer was there.</summary>
    Error = 1,

    /// <summary><c>timeout</c>: the connection, or the head of the answer, took too long.</summary>
    Timeout = 1 << 1,

    /// <summary><c>invalid_header</c>: the answer is not HTTP.</summary>
    InvalidHeader = 1 << 2,

    /// <summary><c>non_idempotent</c>: POST, PATCH and LOCK may be sent twice as well.</summary>
    NonIdempotent = 1 << 3,

    /// <summary><c>http_403</c>.</summary>
    Http403 = 1 << 4,

    /// <summary><c>http_404</c>.</summary>
    Http404 = 1 << 5,

    /// <summary><c>http_429</c>.</summary>
    Http429 = 1 << 6,

    /// <summary><c>http_500</c>.</summary>
    Http500 = 1 << 7,

    /// <summary><c>http_502</c>.</summary>
    Http502 = 1 << 8,

    /// <summary><c>http_503</c>.</summary>
    Http503 = 1 << 9,

    /// <summary><c>http_504</c>.</summary>
    Http504 = 1 << 10,

    /// <summary>A condition nobody can ask for.</summary>
    Never = 1 << 30,
}
