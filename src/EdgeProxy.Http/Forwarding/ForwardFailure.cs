using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace EdgeProxy.Http.Forwarding;

/// <summary>Says in our words what the forwarder ran into.</summary>
internal static class ForwardFailure
{
    /// <summary>The reason for <paramref name="error"/>.</summary>
    /// <remarks>
    /// RequestAborted is not asked: it is set by the forwarder's own abort of an answer cut short just as by a client that left. The forwarder
    /// keeps them apart, "canceled" being the client; who it was waiting for when its timer went off is blamed with a cancelled operation.
    /// </remarks>
    public static ResponseReason ReasonFor(ForwarderError error, HttpContext context)
    {
        var cause = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        return error switch
        {
            ForwarderError.RequestCreation => ResponseReason.BadRequest,
            ForwarderError.Request => SendFailure(cause),
            ForwarderError.RequestTimedOut => IsConnectTimeout(cause) ? ResponseReason.ConnectTimeout : ResponseReason.UpstreamTimeout,
            ForwarderError.RequestCanceled => ResponseReason.ClientGone,

            ForwarderError.RequestBodyClient => BodyFailure(context, cause),
            ForwarderError.RequestBodyCanceled => ResponseReason.ClientGone,

            // Without an answer: where there is one it has been passed on (EndpointStream).
            ForwarderError.RequestBodyDestination => context.Response.StatusCode == StatusCodes.Status504GatewayTimeout
                ? ResponseReason.UpstreamTimeout
                : ResponseReason.UpstreamReset,

            ForwarderError.ResponseHeaders => ResponseReason.UpstreamInvalid,
            ForwarderError.ResponseBodyDestination => cause is OperationCanceledException ? ResponseReason.UpstreamTimeout : ResponseReason.UpstreamReset,
            ForwarderError.ResponseBodyClient or ForwarderError.ResponseBodyCanceled => ResponseReason.ClientGone,

            ForwarderError.UpgradeActivityTimeout => ResponseReason.UpstreamTimeout,
            ForwarderError.UpgradeRequestDestination or ForwarderError.UpgradeResponseDestination => ResponseReason.UpstreamReset,
            ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseClient => ResponseReason.ClientGone,
            ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeResponseCanceled => ResponseReason.ClientGone,
            _ => ResponseReason.InternalError,
        };
    }

    private static ResponseReason SendFailure(Exception? cause) => (cause as HttpRequestException)?.HttpRequestError switch
    {
        // A handshake that failed sent nothing of the request either.
        HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError => ResponseReason.ConnectFailed,
        HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded => ResponseReason.UpstreamInvalid,
        HttpRequestError.VersionNegotiationError or HttpRequestError.ExtendedConnectNotSupported => ResponseReason.UpstreamInvalid,
        _ => ResponseReason.UpstreamReset,
    };

    // SocketsHttpHandler tells its own connect timeout from a cancelled token by the inner exception.
    private static bool IsConnectTimeout(Exception? cause) => cause is OperationCanceledException { InnerException: TimeoutException };

    // The forwarder has looked at the body's exception and put the status it means: too slow, not HTTP, or just gone.
    private static ResponseReason BodyFailure(HttpContext context, Exception? cause)
    {
        if (context.Response.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            return ResponseReason.RequestTimeout;
        }

        return cause is AggregateException { InnerExceptions: [BadHttpRequestException error, ..] }
            ? BodyProblem(error)
            : ResponseReason.ClientGone;
    }

    /// <summary>What is wrong with a body that cannot be read.</summary>
    public static ResponseReason BodyProblem(BadHttpRequestException error) =>
        error.StatusCode == StatusCodes.Status413PayloadTooLarge ? ResponseReason.BodyTooLarge : ResponseReason.BadRequest;
}
