using System.Net.Sockets;
using EdgeProxy.Http.Endpoints;
using EdgeProxy.Http.Reporting;
using EdgeProxy.Model;
using EdgeProxy.Transport.Loops;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.FastLane;

/// <summary>
/// Serves plain HTTP/1.1 on the event loops: requests that are forwarded and nothing else. A connection whose next request is more than that is
/// given to Kestrel with all that was read of it, and stays there.
/// </summary>
/// <remarks>Owns the connections it serves, and those to endpoints it makes for them; not the loops.</remarks>
internal sealed class FastLaneServer
{
    private readonly LaneLoop[] _lanes;
    private uint _turn;

    /// <param name="loops">Where connections live.</param>
    /// <param name="options">Limits and timeouts.</param>
    /// <param name="snapshots">What is served.</param>
    /// <param name="ledger">Hears of requests.</param>
    /// <param name="logger">Hears of endpoints that are ejected.</param>
    /// <param name="time">The clock.</param>
    public FastLaneServer(
        EventLoopGroup loops, HttpFrontendOptions options, SnapshotPublisher snapshots, RequestLedger ledger, ILogger logger, TimeProvider time) =>
        _lanes = [.. loops.Loops.Select(loop => new LaneLoop(loop, options, snapshots, ledger, logger, time))];

    /// <summary>Requests begun here since start.</summary>
    public long Served => _lanes.Sum(lane => lane.Served);

    /// <summary>Connections given to Kestrel since start.</summary>
    public long HandedOver => _lanes.Sum(lane => lane.HandedOver);

    /// <summary>Takes over a connection nothing was read of, and no asynchronous operation was ever begun on.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="client">Who it is.</param>
    /// <param name="handOver">Called on the loop when a request is not for here, with the connection and what was read of it.</param>
    public void Take(Socket socket, ClientConnection client, Action<Socket, byte[]> handOver)
    {
        var lane = _lanes[Interlocked.Increment(ref _turn) % (uint)_lanes.Length];
        if (!lane.Loop.TryPost(() => lane.Take(socket, client, handOver)))
        {
            socket.Dispose();
        }
    }

    /// <summary>Everything is served as before, but each connection ends with its next request.</summary>
    public void BeginDrain()
    {
        foreach (var lane in _lanes)
        {
            lane.Leave();
        }
    }

    /// <summary>
    /// Closes connections without a request, lets those with one finish it, and resets what is left when <paramref name="deadline"/> comes. Take no
    /// more before.
    /// </summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        var drained = Task.WhenAll(_lanes.Select(lane => lane.DrainAsync()));
        try
        {
            await drained.WaitAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            foreach (var lane in _lanes)
            {
                lane.Loop.Post(lane.Abort);
            }

            await drained;
        }
    }
}
