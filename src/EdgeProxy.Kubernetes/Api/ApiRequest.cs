namespace EdgeProxy.Kubernetes.Api;

/// <summary>One request to the API server.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Path and query as the API has them, such as <c>/api/v1/services?limit=500</c>; the server's own prefix is put in front.</param>
public sealed record ApiRequest(HttpMethod Method, string Path)
{
    /// <summary>What is sent; empty for nothing. It must not change until the answer is there: a 401 sends it again.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Media type of <see cref="Body"/>. Default <c>application/json</c>.</summary>
    public string? ContentType { get; init; }

    /// <summary>How long the answer's head may take; the body is read at the caller's own pace. Default 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
