namespace EdgeProxy.Kubernetes.Api;

/// <summary>The API server could not be asked, or said no. Never carries credentials or an object's content.</summary>
/// <param name="status">The HTTP status; 0 when there was no answer.</param>
/// <param name="reason">The reason word of metav1.Status, such as <c>Forbidden</c> or <c>Conflict</c>; <c>Unreachable</c> when there was no answer.</param>
/// <param name="message">What the server said, or why there was no answer.</param>
/// <param name="verb">The HTTP method.</param>
/// <param name="path">What was asked for, without the query.</param>
/// <param name="inner">The failure behind it.</param>
#pragma warning disable CA1032 // Without verb and path it would say nothing.
public sealed class ApiException(int status, string reason, string message, string verb, string path, Exception? inner = null)
    : Exception($"{verb} {path}: {message}", inner)
#pragma warning restore CA1032
{
    /// <summary>The <see cref="Reason"/> when there was no answer.</summary>
    public const string Unreachable = "Unreachable";

    /// <summary>The HTTP status; 0 when there was no answer.</summary>
    public int Status { get; } = status;

    /// <summary>The reason word of metav1.Status, or <see cref="Unreachable"/>.</summary>
    public string Reason { get; } = reason;

    /// <summary>The HTTP method.</summary>
    public string Verb { get; } = verb;

    /// <summary>What was asked for, without the query.</summary>
    public string Path { get; } = path;

    /// <summary>What the server asked us to wait before the next try.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
