using Microsoft.Extensions.Logging;

namespace EdgeProxy.Kubernetes.Api;

/// <summary>Event ids 150–199.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(150, LogLevel.Warning, "The API server cannot be used: {Reason}. What is live stays live; it is tried again.")]
    public static partial void Away(ILogger logger, string reason);

    [LoggerMessage(151, LogLevel.Information, "The API server answers again, after {Time}.")]
    public static partial void Back(ILogger logger, TimeSpan time);

    [LoggerMessage(152, LogLevel.Warning, "Going without what is {Why}: {What}")]
    public static partial void Denied(ILogger logger, string why, string what);

    [LoggerMessage(153, LogLevel.Information, "Permitted now: {What}.")]
    public static partial void Granted(ILogger logger, string what);

    [LoggerMessage(154, LogLevel.Warning, "An event of {What} cannot be read and is passed over.")]
    public static partial void Unreadable(ILogger logger, string what);

    [LoggerMessage(156, LogLevel.Warning, "The API server does not answer. Serving the last-good state of {SavedAt:yyyy-MM-ddTHH:mm:ssZ} meanwhile: {Services} Services, {Ingresses} Ingresses, no Secrets.")]
    public static partial void Recalled(ILogger logger, DateTimeOffset savedAt, int services, int ingresses);

    [LoggerMessage(157, LogLevel.Information, "The API server has listed everything; the last-good state is served no more.")]
    public static partial void Replaced(ILogger logger);

    [LoggerMessage(155, LogLevel.Information, "The API server has no discovery.k8s.io/v1; endpoints are taken from Endpoints objects.")]
    public static partial void UsesEndpoints(ILogger logger);
}
