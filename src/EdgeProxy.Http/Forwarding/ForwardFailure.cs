using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace EdgeProxy.Http.Forwarding;

/// <summary>Says in our words what the forwarder ran into.</summary>
internal static class ForwardFailure
{
    /// <summary>The reason for <paramref name="error"/>.</summary>
    public static ResponseReason ReasonFor(ForwarderError error, HttpContext context)
    {
        // The client's going away cancels everything, and the first to notice it may be any part.
        if (context.RequestAborted.IsCancellationRequested)
        {
            return ResponseReason.ClientGone;
        }

        var cause = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        return error switch
        {
            ForwarderError.Request => SendFailure(cause),
            ForwarderError.RequestTimedOut => IsConnectTimeout(cause) ? ResponseReason.ConnectTimeout : ResponseReason.UpstreamTimeout,
            ForwarderError.RequestCreation => ResponseReason.BadRequest,
            ForwarderError.ResponseHeaders => ResponseReason.UpstreamInvalid,
            ForwarderError.RequestBodyClient => BodyFailure(context),
            ForwarderError.RequestBodyDestination => context.Response.StatusCode == StatusCodes.Status504GatewayTimeout
                ? ResponseReason.UpstreamTimeout
                : ResponseReason.UpstreamReset,
            ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled => ResponseReason.ClientGone,
            ForwarderError.ResponseBodyClient or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseClient => ResponseReason.ClientGone,

            // Not by the client, as was seen above, so by the timer.
            ForwarderError.ResponseBodyCanceled or ForwarderError.UpgradeActivityTimeout => ResponseReason.UpstreamTimeout,
            ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeResponseCanceled => ResponseReason.UpstreamTimeout,

            // The forwarder blames whoever it waited for when the timer went off.
            ForwarderError.ResponseBodyDestination when cause is OperationCanceledException => ResponseReason.UpstreamTimeout,
            ForwarderError.ResponseBodyDestination => ResponseReason.UpstreamReset,
            ForwarderError.UpgradeRequestDestination or ForwarderError.UpgradeResponseDestination => ResponseReason.UpstreamReset,
            _ => ResponseReason.InternalError,
        };
    }

    private static ResponseReason SendFailure(Exception? cause) => (cause as HttpRequestException)?.HttpRequestError switch
    {
        HttpRequestError.ConnectionError => ResponseReason.ConnectFailed,
        HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded => ResponseReason.UpstreamInvalid,
        HttpRequestError.VersionNegotiationError or HttpRequestError.ExtendedConnectNotSupported => ResponseReason.UpstreamInvalid,
        _ => ResponseReason.UpstreamReset,
    };

    // SocketsHttpHandler tells its own connect timeout from a cancelled token by the inner exception.
    private static bool IsConnectTimeout(Exception? cause) => cause is OperationCanceledException { InnerException: TimeoutException };

    // The forwarder has looked at the body's exception and put the status it means: too slow, not HTTP, or just gone.
    private static ResponseReason BodyFailure(HttpContext context)
    {
        if (context.Response.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            return ResponseReason.RequestTimeout;
        }

        return context.Features.Get<IForwarderErrorFeature>()?.Exception is AggregateException { InnerExceptions: [BadHttpRequestException, ..] }
            ? ResponseReason.BadRequest
            : ResponseReason.ClientGone;
    }
}
