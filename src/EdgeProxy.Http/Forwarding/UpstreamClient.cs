using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace EdgeProxy.Http.Forwarding;

/// <summary>Keeps connections to endpoints, and sends what it is given with nothing added. Owns the connections.</summary>
internal sealed class UpstreamClient : IDisposable
{
    private static readonly HeaderEncodingSelector<HttpRequestMessage> Latin1 = static (_, _) => Encoding.Latin1;

    private readonly TlsDialer? _dialer;

    private UpstreamClient(SocketsHttpHandler handler, TlsDialer? dialer)
    {
        Invoker = new HttpMessageInvoker(handler, disposeHandler: true);
        _dialer = dialer;
    }

    /// <summary>What requests are sent with.</summary>
    public HttpMessageInvoker Invoker { get; }

    /// <summary>Requests under way; guarded by the gate of <see cref="UpstreamClients"/>.</summary>
    public int Users { get; set; }

    /// <summary>Makes one. Takes over <paramref name="dialer"/>; null: no TLS.</summary>
    public static UpstreamClient Create(HttpFrontendOptions options, TimeSpan connectTimeout, TlsDialer? dialer)
    {
#pragma warning disable CA2000 // The invoker owns the handler.
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = connectTimeout,
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
            ConnectCallback = dialer is null ? EndpointStream.ConnectAsync : dialer.ConnectAsync,
        };
#pragma warning restore CA2000
        return new UpstreamClient(handler, dialer);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Invoker.Dispose();
        _dialer?.Dispose();
    }
}
