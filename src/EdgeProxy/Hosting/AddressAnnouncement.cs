using EdgeProxy.Dataplane.Announcing;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Model;
using EdgeProxy.Settings;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>
/// Announces load-balancer addresses, when that is asked for and this process may; with manifests all that there are, in a cluster those that fall to this
/// node. Owns the announcer and the Lease of this node.
/// </summary>
internal sealed class AddressAnnouncement : IAsyncDisposable
{
    private readonly NodeMembership? _nodes;
    private readonly LanAnnouncer? _announcer;

    /// <param name="settings">Whether and how.</param>
    /// <param name="api">Null: with manifests, there is no other node.</param>
    /// <param name="contextNamespace">That of the kubeconfig's context or of the pod; null when neither says one.</param>
    /// <param name="labels">The labels of this node; null when they are not known.</param>
    /// <param name="snapshots">What to follow.</param>
    /// <param name="loggers">Where to log.</param>
    /// <param name="time">Clock.</param>
    public AddressAnnouncement(
        ProxySettings settings,
        ApiClient? api,
        string? contextNamespace,
        Func<IReadOnlyDictionary<string, string>?> labels,
        SnapshotPublisher snapshots,
        ILoggerFactory loggers,
        TimeProvider time)
    {
        if (settings.LoadBalancerAnnounce == AnnounceMode.Off)
        {
            return;
        }

        var missing = new[] { (Capabilities.NetAdmin, "NET_ADMIN"), (Capabilities.NetRaw, "NET_RAW") }.Where(each => !Capabilities.Has(each.Item1)).ToList();
        if (missing.Count > 0)
        {
            ProcessLog.NotAnnouncing(loggers.CreateLogger("EdgeProxy.Addresses"), string.Join(" and ", missing.Select(each => each.Item2)));
            return;
        }

        _nodes = api is null ? null : new NodeMembership(api, MembershipOptions(settings, contextNamespace), time, loggers);
        _announcer = LanAnnouncer.TryOpen(
            settings.LoadBalancerInterfaces,
            new AnnouncementPlan(),
            _nodes ?? (INodeMembership)new SoleNode(settings.NodeName),
            new AnnouncerOptions { Lifetime = Lifetime(settings), KeepsWhenAdrift = settings.LoadBalancerWithoutApi == WithoutApi.Keep },
            labels,
            snapshots,
            loggers,
            time);
    }

    /// <summary>Begins, once everything that is announced is served. Called once.</summary>
    public void Start()
    {
        if (_announcer is not null)
        {
            _nodes?.Start();
            _announcer.Start();
        }
    }

    /// <summary>Addresses or interfaces of this host changed.</summary>
    public void HostChanged() => _announcer?.HostChanged();

    /// <summary>Gives every address up. Takes some hundredths of a second.</summary>
    public Task WithdrawAsync() => _announcer?.StopAsync() ?? Task.CompletedTask;

    /// <summary>Tells the other nodes that they need not wait. Called after <see cref="WithdrawAsync"/>.</summary>
    public Task ReleaseAsync() => _nodes?.StopAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_announcer is not null)
        {
            await _announcer.DisposeAsync();
        }

        if (_nodes is not null)
        {
            await _nodes.DisposeAsync();
        }
    }

    /// <summary>Half a Lease, for a node that was killed or stopped to be rid of its addresses before others may take them.</summary>
    private static TimeSpan Lifetime(ProxySettings settings) => TimeSpan.FromSeconds(Math.Floor(settings.LoadBalancerLeaseDuration.TotalSeconds / 2));

    private static NodeMembershipOptions MembershipOptions(ProxySettings settings, string? contextNamespace)
    {
        var election = WriterAssembly.Election(settings, contextNamespace, Environment.GetEnvironmentVariable);
        return new NodeMembershipOptions
        {
            Namespace = election.Lease.Namespace,
            NodeName = settings.NodeName,
            Identity = election.Identity,
            LeaseDuration = settings.LoadBalancerLeaseDuration,
        };
    }
}
