using EdgeProxy.Dataplane;
using EdgeProxy.Model;
using EdgeProxy.Settings;
using EdgeProxy.Transport.Addresses;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>
/// Follows the addresses of this host: node ports open on those that come and close on those that go, addresses of Services that were
/// taken away are put back, and listeners that waited for an address are tried again.
/// </summary>
internal sealed class AddressFollower(
    ProxySettings settings, AddressMonitor monitor, VipOwner vips, AddressAnnouncement announcement, SnapshotFollower follower, L4Dataplane l4, ILogger logger)
{
    /// <summary>Runs until cancelled. <paramref name="node"/> is what is known so far.</summary>
    public async Task RunAsync(LocalNode node, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await monitor.WaitForChangeAsync(cancellationToken);
                try
                {
                    node = await FollowAsync(node, cancellationToken);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    ProcessLog.AddressesNotFollowed(logger, error);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process is stopping.
        }
    }

    private async Task<LocalNode> FollowAsync(LocalNode before, CancellationToken cancellationToken)
    {
        announcement.HostChanged();
        vips.HostChanged();
        var node = ManifestAssembly.Node(settings);
        if (!node.Addresses.SequenceEqual(before.Addresses) || !node.NodePortAddresses.SequenceEqual(before.NodePortAddresses))
        {
            ProcessLog.AddressesChanged(logger, string.Join(", ", node.NodePortAddresses));
            await follower.ChangeNodeAsync(node, cancellationToken);
            before = node;
        }

        l4.RetryFailedListeners();
        return before;
    }
}
