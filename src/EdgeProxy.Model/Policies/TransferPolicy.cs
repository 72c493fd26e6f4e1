namespace EdgeProxy.Model.Policies;

/// <summary>Sizes, timeouts and buffering of a route; null means the frontend's own.</summary>
public sealed record TransferPolicy
{
    /// <summary>The frontend's own.</summary>
    public static TransferPolicy Default { get; } = new();

    /// <summary>Annotation proxy-body-size: the largest request body in bytes; 0: no limit. Null: the frontend's, 1 MiB.</summary>
    public long? MaxBodySize { get; init; }

    /// <summary>Annotation proxy-connect-timeout: time to open a connection, TLS handshake included. Null: the frontend's, 5 s.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>Annotation proxy-read-timeout: the longest silence of a request without body. Null: the frontend's, 60 s.</summary>
    public TimeSpan? ReadTimeout { get; init; }

    /// <summary>Annotation proxy-send-timeout: with a body the longest silence is the larger of this and <see cref="ReadTimeout"/>. Null: the frontend's, 60 s.</summary>
    public TimeSpan? SendTimeout { get; init; }

    /// <summary>Annotation proxy-request-buffering: the body is read whole before an endpoint is contacted. Default false.</summary>
    public bool BuffersRequest { get; init; }
}
