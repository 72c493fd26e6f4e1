using System.Net.Sockets;
using EdgeProxy.Demo.Http;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Demo.Pods;

/// <summary>One connection to a pod: looks at its first bytes, then has it served as HTTP or echoes it.</summary>
/// <remarks>Owns the socket until Kestrel takes it over for HTTP.</remarks>
internal sealed class TcpPodSession(
    PodPort port, Socket client, PodHttpServer http, TimeSpan openingTimeout, TimeProvider time, ILogger logger)
{
    // Only a client that stops inside the first word of a request is looked at again; see ReadOpeningAsync.
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(10);

    /// <param name="stopping">Ends silent and raw connections at once, HTTP after the request in flight.</param>
    /// <param name="aborting">Ends everything.</param>
    public async Task RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        var handedOver = false;
        try
        {
            client.NoDelay = true;
            switch (await ReadOpeningAsync(stopping))
            {
                case Opening.Http1:
                    handedOver = true;
                    await http.ServeAsync(client, PodHttpServer.Http1, port.Pod, stopping, aborting);
                    break;
                case Opening.Http2:
                    handedOver = true;
                    await http.ServeAsync(client, PodHttpServer.Http2, port.Pod, stopping, aborting);
                    break;
                default:
                    await RawEcho.RunAsync(client, stopping);
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            // The pod goes away, and its connections with it.
        }
        catch (SocketException e)
        {
            DemoLog.ConnectionBroken(logger, port, e.SocketErrorCode);
        }
        catch (Exception e)
        {
            DemoLog.SessionFailed(logger, port, e);
        }
        finally
        {
            if (!handedOver)
            {
                client.Dispose();
            }
        }
    }

    /// <summary>Waits, without limit, for the client to say something. The bytes stay in the socket for whoever serves the connection.</summary>
    private async Task<Opening> ReadOpeningAsync(CancellationToken cancellationToken)
    {
        var bytes = new byte[OpeningBytes.Needed];
        var start = 0L;
        while (true)
        {
            var peeked = await client.ReceiveAsync(bytes, SocketFlags.Peek, cancellationToken);
            var opening = OpeningBytes.Classify(bytes.AsSpan(0, peeked));
            if (opening != Opening.Undecided || peeked == 0)
            {
                return peeked == 0 ? Opening.Raw : opening; // an early FIN is answered by the echo's FIN
            }

            start = start == 0 ? time.GetTimestamp() : start;
            if (time.GetElapsedTime(start) >= openingTimeout)
            {
                return Opening.Raw;
            }

            // Peeking again returns the same bytes at once; the kernel has no "more than these" to wait for that .NET shows.
            await Task.Delay(LookAgainAfter, time, cancellationToken);
        }
    }
}
