using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeProxy.Model;
using EdgeProxy.Model.Routing;
using EdgeProxy.Model.Scheduling;

namespace EdgeProxy.Http.Policies.ExternalAuth;

/// <summary>Sends questions to authentication services. Owns the connections to them.</summary>
internal sealed class AuthClient : IDisposable
{
    private readonly SnapshotPublisher _snapshots;
    private readonly HttpFrontendOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;

    public AuthClient(SnapshotPublisher snapshots, HttpFrontendOptions options, TimeProvider time)
    {
        _snapshots = snapshots;
        _options = options;
        _time = time;
#pragma warning disable CA2000 // The invoker owns the handler.
        _client = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                ConnectTimeout = options.ConnectTimeout,
                PooledConnectionIdleTimeout = options.UpstreamIdleTimeout,
                PooledConnectionLifetime = options.UpstreamConnectionLifetime,
                ConnectCallback = ConnectAsync,
                UseCookies = false,
                UseProxy = false,
                AllowAutoRedirect = false,
                ActivityHeadersPropagator = null,
                RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
                ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            },
            disposeHandler: true);
#pragma warning restore CA2000
    }

    /// <summary>Asks, and returns the head of the answer; its body is nobody's business.</summary>
    /// <exception cref="HttpRequestException">There is no connection, or no HTTP answer.</exception>
    /// <exception cref="TimeoutException">It took longer than <see cref="HttpFrontendOptions.ActivityTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public async Task<HttpResponseMessage> AskAsync(HttpRequestMessage question, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(_options.ActivityTimeout, _time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await _client.SendAsync(question, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Ours, or the client library's own for a connection that does not come about.
            throw new TimeoutException("no answer in time");
        }
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var target = context.DnsEndPoint;
        if (ClusterName.TryParse(target.Host, out var service)
            && _snapshots.Current.Find(new BackendReference(service, PortName: null, target.Port)) is { } port)
        {
            return await ConnectToServiceAsync(port, cancellationToken);
        }

        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var allowed = addresses.Where(address => _options.UnsafeLocalTargets || !LocalTargets.Contains(IpAddr.From(address))).ToArray();
        if (allowed.Length == 0)
        {
            throw new HttpRequestException("the address of auth-url is loopback or link-local, which is not allowed");
        }

        return await ConnectAsync(socket => socket.ConnectAsync(allowed, target.Port, cancellationToken));
    }

    /// <summary>Any endpoint that can be connected to, in the order of the Service's scheduler.</summary>
    private static async ValueTask<Stream> ConnectToServiceAsync(ServicePort port, CancellationToken cancellationToken)
    {
        var tried = default(TriedBackends);
        SocketException? last = null;
        while (tried.Count < TriedBackends.MaxTries && port.Pick(port.HttpScheduler, default, default, tried) is { } backend)
        {
            tried.Add(backend);
            try
            {
                return await ConnectAsync(socket => socket.ConnectAsync(backend.Address.ToIPEndPoint(), cancellationToken));
            }
            catch (SocketException error)
            {
                last = error;
            }
        }

        throw new HttpRequestException(HttpRequestError.ConnectionError, $"no endpoint of {port.Name} can be connected to", last);
    }

    private static async ValueTask<Stream> ConnectAsync(Func<Socket, ValueTask> connect)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await connect(socket);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
