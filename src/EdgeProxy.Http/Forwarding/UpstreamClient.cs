using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace EdgeProxy.Http.Forwarding;

/// <summary>Makes the client that keeps the connections to all endpoints, and sends what it is given with nothing added.</summary>
internal static class UpstreamClient
{
    private static readonly HeaderEncodingSelector<HttpRequestMessage> Latin1 = static (_, _) => Encoding.Latin1;

    /// <summary>Makes it. The caller owns it, and with it every connection.</summary>
    public static HttpMessageInvoker Create(HttpFrontendOptions options)
    {
#pragma warning disable CA2000 // The invoker owns the handler.
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = options.UpstreamIdleTimeout,
            PooledConnectionLifetime = options.UpstreamConnectionLifetime,
            EnableMultipleHttp2Connections = true,

            // A proxy decides nothing for its clients: cookies, redirects, encodings and trace headers pass as they are.
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,

            // One byte a char in both directions, as on the listeners, so that values that are not UTF-8 survive.
            RequestHeaderEncodingSelector = Latin1,
            ResponseHeaderEncodingSelector = Latin1,
        };
#pragma warning restore CA2000
        return new HttpMessageInvoker(handler, disposeHandler: true);
    }
}
