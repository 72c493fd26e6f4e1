using EdgeProxy.Demo.Pods;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace EdgeProxy.Demo.Http;

/// <summary>What travels with an HTTP connection to a pod: whose it is, and when it has to end. A connection feature.</summary>
internal sealed class PodHttpConnection(PlayedPod pod, CancellationToken stopping, CancellationToken aborting)
{
    private readonly CancellationToken _aborting = aborting;
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PlayedPod Pod => pod;

    /// <summary>The pod goes away: finish what is under way.</summary>
    public CancellationToken Stopping => stopping;

    /// <summary>Ends when the last request of the connection has ended.</summary>
    public Task Served => _served.Task;

    /// <summary>Connection middleware: has the connection served, and passes the pod's end on to it.</summary>
    public static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var own = connection.Features.Get<PodHttpConnection>() ?? throw new InvalidOperationException("The connection was not handed in by a pod.");
        var lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>();

        // Kestrel answers the request in flight with "Connection: close" (HTTP/2: GOAWAY) and takes no further one.
        await using var closing = own.Stopping.Register(() => lifetime?.RequestClose());
        await using var abort = own._aborting.Register(() => connection.Abort(new ConnectionAbortedException("The pod is gone.")));
        try
        {
            await next(connection);
        }
        finally
        {
            own._served.TrySetResult();
        }
    }
}
