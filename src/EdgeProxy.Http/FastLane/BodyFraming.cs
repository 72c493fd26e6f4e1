namespace EdgeProxy.Http.FastLane;

/// <summary>How the end of an answer's body is known (RFC 9112 §6.3).</summary>
internal enum BodyFraming
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>By Content-Length.</summary>
    Length,

    /// <summary>By the last chunk.</summary>
    Chunked,

    /// <summary>By the end of the connection.</summary>
    UntilClose,
}
