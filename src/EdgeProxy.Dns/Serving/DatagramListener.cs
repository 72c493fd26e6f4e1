using System.Buffers;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Dns.Wire;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dns.Serving;

/// <summary>Answers datagrams on one address. Owns the socket and its readers; a query that must be forwarded never holds up the next.</summary>
internal sealed class DatagramListener(Socket socket, Responder responder, BoundedTasks forwarded, ILogger logger)
{
    private const int Readers = 2;

    // A query is a name and a few bytes; EDNS options add some.
    private const int MaxQuery = 4096;

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => Task.Run(() => ReadAsync(cancellationToken), CancellationToken.None)));

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var query = new byte[MaxQuery];
        var response = new byte[Responder.MaxResponse];
        var client = new SocketAddress(socket.AddressFamily);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var length = await socket.ReceiveFromAsync(query, SocketFlags.None, client, cancellationToken);
                var answered = responder.Respond(query.AsSpan(0, length), byTcp: false, response, out var pending);
                if (pending is not null)
                {
                    answered = TryForward(query.AsSpan(0, length), client, pending, cancellationToken) ? 0 : responder.Fail(pending.Query, byTcp: false, response);
                }

                if (answered > 0)
                {
                    socket.SendTo(response.AsSpan(0, answered), SocketFlags.None, client);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // This client cannot be reached; the next one may.
            }
            catch (Exception error)
            {
                DnsLog.InternalError(logger, error);
            }
        }
    }

    private bool TryForward(ReadOnlySpan<byte> query, SocketAddress client, PendingQuery pending, CancellationToken cancellationToken)
    {
        // The reader uses its own again at once.
        var message = query.ToArray();
        var address = new SocketAddress(client.Family, client.Size);
        client.Buffer.Span[..client.Size].CopyTo(address.Buffer.Span);
        return forwarded.TryRun(() => ForwardAsync(message, address, pending, cancellationToken));
    }

    private async Task ForwardAsync(byte[] message, SocketAddress client, PendingQuery pending, CancellationToken cancellationToken)
    {
        var response = ArrayPool<byte>.Shared.Rent(Responder.MaxResponse);
        try
        {
            var length = await responder.CompleteAsync(message, byTcp: false, pending, response, cancellationToken);
            socket.SendTo(response.AsSpan(0, length), SocketFlags.None, client);
        }
        catch (SocketException)
        {
            // The client cannot be reached.
        }
        catch (Exception error)
        {
            DnsLog.InternalError(logger, error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(response);
        }
    }
}
