using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Loops;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>A frontend on loopback with ports of its own, and ways to talk to it.</summary>
internal sealed class TestProxy : IAsyncDisposable
{
    private static readonly LocalNode Node = new() { Name = "node" };

    // Threads of their own for each of hundreds of proxies would say nothing more. They end with the process.
    private static readonly EventLoopGroup Loops = new(new EventLoopOptions { Count = 2 }, TimeProvider.System);

    private TestProxy(HttpFrontendOptions options, TimeProvider? time = null) =>
        Frontend = new HttpFrontend(Snapshots, options, Log, time ?? TimeProvider.System, Loops);

    public SnapshotPublisher Snapshots { get; } = new();

    public RecordingLoggerFactory Log { get; } = new();

    public HttpFrontend Frontend { get; }

    public int HttpPort => Frontend.HttpEndPoints[0].Port;

    public int HttpsPort => Frontend.HttpsEndPoints[0].Port;

    public static async Task<TestProxy> StartAsync(
        Action<SnapshotBuilder>? objects = null, Action<HttpFrontendOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new HttpFrontendOptions { ListenAddresses = [IPAddress.Loopback], HttpPort = 0, HttpsPort = 0 };
        configure?.Invoke(options);
        var proxy = new TestProxy(options, time);
        proxy.Change(objects ?? (_ => { }));
        await proxy.Frontend.StartAsync(Deadline.Token);
        return proxy;
    }

    /// <summary>A proxy that listens and has nothing to serve yet.</summary>
    public static async Task<TestProxy> StartBeforeFirstSnapshotAsync(Action<HttpFrontendOptions>? configure = null)
    {
        var options = new HttpFrontendOptions { ListenAddresses = [IPAddress.Loopback], HttpPort = 0, HttpsPort = 0 };
        configure?.Invoke(options);
        var proxy = new TestProxy(options);
        await proxy.Frontend.StartAsync(Deadline.Token);
        return proxy;
    }

    /// <summary>A proxy that sends <see cref="Objects.Host"/> to endpoints.</summary>
    public static Task<TestProxy> ServingAsync(params EndpointAddress[] endpoints) => ServingAsync(_ => { }, endpoints);

    public static Task<TestProxy> ServingAsync(Action<HttpFrontendOptions> configure, params EndpointAddress[] endpoints) => StartAsync(
        builder =>
        {
            builder.SetService(Objects.Service("web", endpoints));
            builder.SetIngress(Objects.Ingress("web"));
        },
        configure);

    /// <summary>Publishes the next snapshot.</summary>
    public void Change(Action<SnapshotBuilder> objects)
    {
        var builder = new SnapshotBuilder(Snapshots.Current, Node, TimeProvider.System);
        objects(builder);
        Snapshots.Publish(builder.Build());
    }

    /// <summary>A plain connection.</summary>
    public async Task<HttpWire> ConnectAsync(CancellationToken cancellationToken)
    {
        var (stream, socket) = await DialAsync(HttpPort, cancellationToken);
        return new HttpWire(stream, socket);
    }

    /// <summary>A TLS connection that speaks HTTP/1.1 and accepts any certificate.</summary>
    public async Task<HttpWire> ConnectTlsAsync(CancellationToken cancellationToken, string serverName = Objects.Host)
    {
        var (stream, socket) = await DialAsync(HttpsPort, cancellationToken);
        var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = serverName, RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            cancellationToken);
        return new HttpWire(tls, socket);
    }

    /// <summary>The chain a client gets to see for a server name, leaf first.</summary>
    public async Task<List<X509Certificate2>> HandshakeAsync(string? serverName, CancellationToken cancellationToken)
    {
        var (stream, socket) = await DialAsync(HttpsPort, cancellationToken);
        using var _ = socket;
        List<X509Certificate2> seen = [];
        using var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = serverName,
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                {
                    seen.Add(X509CertificateLoader.LoadCertificate(certificate!.GetRawCertData()));
                    seen.AddRange(chain!.ChainPolicy.ExtraStore.Select(extra => X509CertificateLoader.LoadCertificate(extra.RawData)));
                    return true;
                },
            },
            cancellationToken);
        return seen;
    }

    /// <summary>A client that dials this proxy whatever the URL's host; https speaks HTTP/2 when the request asks for it.</summary>
    public SocketsHttpHandler Handler() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        ConnectCallback = async (context, cancellationToken) =>
        {
            var (stream, _) = await DialAsync(context.DnsEndPoint.Port == 443 ? HttpsPort : HttpPort, cancellationToken);
            return stream;
        },
    };

    /// <summary>The first line that says how a request ended.</summary>
    public Task<LogLine> EndOfRequestAsync(CancellationToken cancellationToken) =>
        Log.WaitForAsync(line => line.EventId is 310 or 311, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Frontend.DisposeAsync();
        Log.Dispose();
    }

    private static async Task<(NetworkStream Stream, Socket Socket)> DialAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        return (new NetworkStream(socket, ownsSocket: true), socket);
    }
}
