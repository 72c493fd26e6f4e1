using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Model;
using EdgeProxy.Model.Scheduling;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Endpoints;

/// <summary>
/// Relays TLS connections to hosts that end TLS themselves (annotation ssl-passthrough), to an endpoint of the Service behind the host's path
/// <c>/</c>. Bytes, ends and resets pass as they are.
/// </summary>
/// <remarks>A copy loop rather than a session of the event loops: the client's first bytes and its socket are here already.</remarks>
internal sealed class TlsPassthrough(TimeSpan connectTimeout, ILogger logger)
{
    private const int BlockSize = 64 * 1024;

    /// <summary>Serves a connection to its end. Owns <paramref name="client"/>.</summary>
    /// <param name="client">The connection, unread.</param>
    /// <param name="snapshot">Taken once.</param>
    /// <param name="host">The server name asked for, normalised.</param>
    /// <param name="source">Who the client is.</param>
    /// <param name="stopping">Ends the search for an endpoint.</param>
    /// <param name="aborting">Resets what still flows.</param>
    public async Task RelayAsync(
        Socket client, ProxySnapshot snapshot, string host, EndpointAddress source, CancellationToken stopping, CancellationToken aborting)
    {
        var target = snapshot.Routes.Find(host, "/")?.Backend;
        var port = target is null ? null : snapshot.Find(target);
        var (backend, upstream, tries) = port is null ? (null, null, 0) : await DialAsync(port, source, client, stopping);
        long up = 0;
        long down = 0;
        if (upstream is null)
        {
            Reset(client);
        }
        else
        {
            try
            {
                // Whichever direction fails, fails both: a reset must not look like an end.
                await using var abort = aborting.UnsafeRegister(static sockets => ResetBoth(((Socket, Socket))sockets!), (client, upstream));
                var counts = await Task.WhenAll(CopyAsync(client, upstream), CopyAsync(upstream, client));
                (up, down) = (counts[0], counts[1]);
                client.Dispose();
                upstream.Dispose();
            }
            finally
            {
                backend!.Release();
            }
        }

        HttpLog.PassedThrough(logger, host, backend, tries, up, down);
    }

    private async ValueTask<(Backend? Backend, Socket? Upstream, int Tries)> DialAsync(
        ServicePort port, EndpointAddress source, Socket client, CancellationToken stopping)
    {
        var scheduler = port.HttpScheduler;
        var destination = EndpointAddress.From((IPEndPoint)client.LocalEndPoint!).Address; // connected
        var tried = default(TriedBackends);
        while (tried.Count < TriedBackends.MaxTries && port.Pick(scheduler, source, destination, tried) is { } backend)
        {
            tried.Add(backend);
            backend.Hold();
            var address = backend.Address.ToIPEndPoint();
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            limit.CancelAfter(connectTimeout);
            var started = Stopwatch.GetTimestamp();
            try
            {
                await socket.ConnectAsync(address, limit.Token);
                port.ReportConnected(backend, Stopwatch.GetElapsedTime(started));
                return (backend, socket, tried.Count);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                backend.Release();
                stopping.ThrowIfCancellationRequested();
                if (port.ReportFailed(backend) is { } time)
                {
                    HttpLog.Ejected(logger, backend, port.Name, time, error is SocketException ? ResponseReason.ConnectFailed : ResponseReason.ConnectTimeout);
                }
            }
        }

        return (null, null, tried.Count);
    }

    /// <summary>One direction, until its end is passed on; a failure resets both sides, which ends the other direction too.</summary>
    private static async Task<long> CopyAsync(Socket from, Socket to)
    {
        long total = 0;
        try
        {
            while (true)
            {
                // A direction that is silent holds no memory.
                await from.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, CancellationToken.None);
                var count = await CopyBlockAsync(from, to);
                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return total;
                }

                total += count;
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            ResetBoth((from, to));
            return total;
        }
    }

    private static async ValueTask<int> CopyBlockAsync(Socket from, Socket to)
    {
        var block = ArrayPool<byte>.Shared.Rent(BlockSize);
        try
        {
            var count = await from.ReceiveAsync(block, SocketFlags.None, CancellationToken.None);
            for (var sent = 0; sent < count;)
            {
                sent += await to.SendAsync(block.AsMemory(sent, count - sent), SocketFlags.None, CancellationToken.None);
            }

            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static void ResetBoth((Socket One, Socket Other) sockets)
    {
        Reset(sockets.One);
        Reset(sockets.Other);
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }

        socket.Dispose();
    }
}
