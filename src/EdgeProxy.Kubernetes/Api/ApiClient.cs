using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeProxy.Kubernetes.Api.Configuration;

namespace EdgeProxy.Kubernetes.Api;

/// <summary>
/// Speaks HTTP to one API server, as HTTP/2 where it is offered. Thread-safe; one for the process. Owns its connections.
/// </summary>
/// <remarks>
/// A server that went silent is noticed by pings within <see cref="PingDelay"/> and <see cref="PingTimeout"/>, requests in flight included;
/// otherwise a watch would wait for ever. The proxy variables of the environment are not used.
/// </remarks>
public sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5); // TLS included
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    private readonly ApiConnection _connection;
    private readonly TimeProvider _time;
    private readonly string _prefix;
    private readonly Lock _lock = new(); // guards _channel
    private Channel? _channel;

    /// <summary>A client of the server that <paramref name="connection"/> names; connects with the first request.</summary>
    public ApiClient(ApiConnection connection, TimeProvider time)
    {
        _connection = connection;
        _time = time;
        _prefix = connection.Server.GetLeftPart(UriPartial.Path).TrimEnd('/');
    }

    /// <summary>The server.</summary>
    public Uri Server => _connection.Server;

    /// <summary>
    /// Sends a request and returns when the answer's head is there, whatever its status. After a 401 the credentials are read again and the
    /// request is sent once more.
    /// </summary>
    /// <exception cref="ApiException">There was no answer (<see cref="ApiException.Unreachable"/>).</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(request.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var response = await SendOnceAsync(request, either.Token);
            if (response.Status != (int)HttpStatusCode.Unauthorized)
            {
                return response;
            }

            response.Dispose();
            _connection.Credentials.Forget();
            return await SendOnceAsync(request, either.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            var what = limit.IsCancellationRequested ? $"no answer within {request.Timeout.TotalSeconds:0} s" : $"no connection within {ConnectTimeout.TotalSeconds:0} s";
            throw Unreachable(request, what, error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException)
        {
            throw Unreachable(request, error.GetBaseException().Message, error);
        }
        catch (ConfigurationException error)
        {
            throw Unreachable(request, error.Message, error);
        }
    }

    /// <summary>Reads one object, or another small document.</summary>
    /// <exception cref="ApiException">There was no answer, or it was not 2xx.</exception>
    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        ExchangeAsync(new ApiRequest(HttpMethod.Get, path), type, cancellationToken);

    /// <summary>Makes an object; the answer is the object as it is stored now.</summary>
    /// <exception cref="ApiException">There was no answer, or it was not 2xx; 409 <c>AlreadyExists</c>.</exception>
    public Task<T> CreateAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        ExchangeAsync(new ApiRequest(HttpMethod.Post, path) { Body = JsonSerializer.SerializeToUtf8Bytes(body, type) }, type, cancellationToken);

    /// <summary>Replaces an object; with a resourceVersion only that version. The answer is the object as it is stored now.</summary>
    /// <exception cref="ApiException">There was no answer, or it was not 2xx; 409 <c>Conflict</c>.</exception>
    public Task<T> UpdateAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        ExchangeAsync(new ApiRequest(HttpMethod.Put, path) { Body = JsonSerializer.SerializeToUtf8Bytes(body, type) }, type, cancellationToken);

    /// <summary>Changes an object by a patch of the given media type, such as <c>application/merge-patch+json</c>.</summary>
    /// <exception cref="ApiException">There was no answer, or it was not 2xx; 409 <c>Conflict</c>.</exception>
    public async Task PatchAsync(string path, string patchType, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(new ApiRequest(HttpMethod.Patch, path) { Body = body, ContentType = patchType }, cancellationToken);
        response.EnsureSuccess();
    }

    /// <summary>Ends every connection.</summary>
    public void Dispose() => _channel?.Http.Dispose();

    private static ApiException Unreachable(ApiRequest request, string message, Exception inner) =>
        new(0, ApiException.Unreachable, message, request.Method.Method, ApiResponse.PathOf(request), inner);

    private async Task<T> ExchangeAsync<T>(ApiRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request, cancellationToken);
        response.EnsureSuccess();
        using var limit = new CancellationTokenSource(request.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await JsonSerializer.DeserializeAsync(response.Body, type, either.Token)
                ?? throw new JsonException("the answer is empty");
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(request, $"the answer did not end within {request.Timeout.TotalSeconds:0} s", error);
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            // A JSON error may quote the document, which may be a Secret.
            throw Unreachable(request, error is JsonException ? "the answer cannot be read" : error.GetBaseException().Message, error);
        }
    }

    private async Task<ApiResponse> SendOnceAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var credential = await _connection.Credentials.GetAsync(cancellationToken);
        using var message = new HttpRequestMessage(request.Method, _prefix + request.Path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("edgeproxy", null));
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (credential.Token is { } token)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (!request.Body.IsEmpty)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(request.ContentType ?? "application/json");
        }

        var answer = await ChannelFor(credential.Certificate).SendAsync(message, cancellationToken);
        return await ApiResponse.ReadHeadAsync(answer, request, cancellationToken);
    }

    /// <summary>Connections belong to the client certificate they were made with: another one needs others. Those in use end with their requests.</summary>
    private HttpMessageInvoker ChannelFor(ClientCertificate? certificate)
    {
        lock (_lock)
        {
            if (_channel is null || !ReferenceEquals(_channel.Certificate, certificate))
            {
                _channel?.Http.Dispose();
                _channel = new Channel(Connect(certificate), certificate);
            }

            return _channel.Http;
        }
    }

    private HttpMessageInvoker Connect(ClientCertificate? certificate) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        EnableMultipleHttp2Connections = true,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        KeepAlivePingDelay = PingDelay,
        KeepAlivePingTimeout = PingTimeout,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, certificate, cancellationToken),
    });

    /// <summary>TLS is ours, because the handler would insist on the URL's host name and on one CA for ever.</summary>
    private async ValueTask<Stream> ConnectAsync(DnsEndPoint endpoint, ClientCertificate? certificate, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var stream = new NetworkStream(socket, ownsSocket: true);
        if (_connection.Server.Scheme == Uri.UriSchemeHttp)
        {
            return stream;
        }

        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = _connection.TlsServerName ?? endpoint.Host,
                    ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                    ClientCertificateContext = certificate?.Context,
                    RemoteCertificateValidationCallback = _connection.Authority.Validator(),
                },
                cancellationToken);
            return tls;
        }
        catch (Exception error)
        {
            await tls.DisposeAsync();
            if (error is System.Security.Authentication.AuthenticationException)
            {
                throw new HttpRequestException($"TLS with the API server failed: {error.Message}", error);
            }

            throw;
        }
    }

    private sealed record Channel(HttpMessageInvoker Http, ClientCertificate? Certificate);
}
