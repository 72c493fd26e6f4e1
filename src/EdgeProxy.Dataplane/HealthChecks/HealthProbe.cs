using System.Net.Sockets;
using EdgeProxy.Model;
using EdgeProxy.Model.Health;

namespace EdgeProxy.Dataplane.HealthChecks;

/// <summary>One try after the other to reach endpoints, each over a connection of its own. Thread-safe.</summary>
internal sealed class HealthProbe : IDisposable
{
    // Each has a descriptor for up to its timeout; clients need them more.
    private const int MaxAtOnce = 1024;

    // The path goes out as it was written.
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly SemaphoreSlim _room = new(MaxAtOnce);

    private readonly HttpMessageInvoker _http = new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,

            // The status is all that counts: the rest of the answer is not waited for.
            MaxResponseDrainSize = 0,
        },
        disposeHandler: true);

    /// <summary>Checks once, within the rule's timeout. Null when the want was ours (descriptors, ports) and says nothing about the endpoint.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Outcome?> TryAsync(EndpointAddress address, HealthCheck rule, TimeProvider time, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        using var timeout = new CancellationTokenSource(rule.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await (rule.HttpPath is { } path ? GetAsync(address, path, either.Token) : ConnectAsync(address, either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Outcome.Failed("no answer in time");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Whatever it is: an endpoint that cannot be asked does not pass.
            return Explain(error);
        }
        finally
        {
            _room.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _http.Dispose();
        _room.Dispose();
    }

    private static async Task<Outcome?> ConnectAsync(EndpointAddress address, CancellationToken cancellationToken)
    {
        // Closed with RST, as HAProxy does: otherwise each check would leave a port waiting (TIME_WAIT) for a minute.
        var remote = address.ToIPEndPoint();
        using var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(enable: true, seconds: 0) };
        await socket.ConnectAsync(remote, cancellationToken);

        // TCP's simultaneous open: a local port nobody listens on may be connected to itself.
        return remote.Equals(socket.LocalEndPoint) ? Outcome.Failed("nobody listens") : Outcome.Good;
    }

    private async Task<Outcome?> GetAsync(EndpointAddress address, string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{address}{path}", AsWritten));
        request.Headers.ConnectionClose = true;
        request.Headers.UserAgent.ParseAdd("edgeproxy-health-check");
        using var response = await _http.SendAsync(request, cancellationToken);
        var status = (int)response.StatusCode;
        return status is >= 200 and < 400 ? Outcome.Good : Outcome.Failed($"status {status}");
    }

    private static Outcome? Explain(Exception error) => (error as SocketException ?? error.InnerException as SocketException)?.SocketErrorCode switch
    {
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.AddressNotAvailable => null,
        { } code => Outcome.Failed($"{code}"),
        null => Outcome.Failed((error as HttpRequestException)?.HttpRequestError.ToString() ?? error.GetType().Name),
    };

    /// <summary>Why a check failed; null: it passed.</summary>
    internal readonly record struct Outcome(string? Failure)
    {
        public static Outcome Good { get; } = new(Failure: null);

        public static Outcome Failed(string reason) => new(reason);
    }
}
