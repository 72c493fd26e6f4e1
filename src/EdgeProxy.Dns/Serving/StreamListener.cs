using System.Buffers;
using System.Net.Sockets;
using EdgeProxy.Dns.Forwarding;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dns.Serving;

/// <summary>Answers queries over TCP (RFC 7766): any number per connection, in order. Borrows the socket.</summary>
internal sealed class StreamListener(
    Socket socket, Responder responder, BoundedTasks connections, DnsServerOptions options, DnsCounters counters, ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan PauseWithoutDescriptors = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Admit(await socket.AcceptAsync(cancellationToken), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // The client went away meanwhile, or the process has no descriptors left: those come back when others end.
                await Task.Delay(PauseWithoutDescriptors, time, CancellationToken.None);
            }
        }
    }

    private void Admit(Socket client, CancellationToken cancellationToken)
    {
        counters.CountTcpConnection();
        if (!connections.TryRun(() => ServeAsync(client, cancellationToken)))
        {
            client.Dispose();
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(2 * Responder.MaxResponse);
        try
        {
            client.NoDelay = true;
            await using var stream = new NetworkStream(client, ownsSocket: true);
            while (await ServeOneAsync(stream, buffer, cancellationToken))
            {
                // The next query of this connection.
            }
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            // The client left, was idle for too long, or the server stops.
        }
        catch (Exception error)
        {
            DnsLog.InternalError(logger, error);
        }
        finally
        {
            client.Dispose();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<bool> ServeOneAsync(NetworkStream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        var (query, response) = (buffer.AsMemory(0, Responder.MaxResponse), buffer.AsMemory(Responder.MaxResponse, Responder.MaxResponse));
        var length = await InTimeAsync(token => TcpFraming.ReadAsync(stream, query, token), cancellationToken);
        var answered = responder.Respond(query.Span[..length], byTcp: true, response.Span, out var pending);
        if (pending is not null)
        {
            answered = await responder.CompleteAsync(query[..length], byTcp: true, pending, response, cancellationToken);
        }

        // The client has no more, or sent what is no query.
        if (answered == 0)
        {
            return false;
        }

        await InTimeAsync(
            async token =>
            {
                await stream.WriteAsync(TcpFraming.Frame(response.Span[..answered]), token);
                return true;
            },
            cancellationToken);
        return true;
    }

    private async ValueTask<T> InTimeAsync<T>(Func<CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        using var idle = new CancellationTokenSource(options.TcpIdleTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        return await work(either.Token);
    }
}
