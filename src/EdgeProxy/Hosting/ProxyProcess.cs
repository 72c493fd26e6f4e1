using System.Net;
using EdgeProxy.Admin;
using EdgeProxy.Dataplane;
using EdgeProxy.Dataplane.HealthChecks;
using EdgeProxy.Demo;
using EdgeProxy.Dns;
using EdgeProxy.Http;
using EdgeProxy.Http.AccessLogs;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.ExternalNames;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.State;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using EdgeProxy.Settings;
using EdgeProxy.Telemetry;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Addresses;
using EdgeProxy.Transport.Loops;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Hosting;

/// <summary>
/// The running proxy: sources feed snapshots, L4 and L7 serve them. The one place that knows every part, in the order in which they start;
/// they end in the opposite order.
/// </summary>
internal sealed class ProxyProcess(ProxySettings settings, ControlPlaneOptions controlPlane, DemoStage? demo, LogLevelSwitch logLevel, ILoggerFactory loggers)
{
    private const int DefaultAdminPort = 9180;
    private static readonly TimeSpan LongestLookUp = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = loggers.CreateLogger("EdgeProxy");
    private readonly TimeProvider _time = TimeProvider.System;

    // Two logs may share it, each with whole lines.
    private readonly Stream _output = Stream.Synchronized(Console.OpenStandardOutput());

    // As their file says now, once it has changed; who reads none of the live ones may as well read those of the start.
    private volatile ProxySettings? _current;

    /// <summary>Reads the settings again, telling of mistakes; null: nobody follows their file.</summary>
    public Func<List<string>, ProxySettings>? ReadAgain { get; init; }

    /// <summary>The cluster whose objects are served; null: they come from manifests.</summary>
    public ApiConnection? Cluster { get; init; }

    /// <summary>Called once everything of the first snapshot is served, with the objects and the HTTP and HTTPS ports.</summary>
    public Action<Kubernetes.Resources.ObjectSet, int, int>? Ready { get; init; }

    /// <summary>
    /// Runs until the first signal and for the shutdown delay after it, then drains. The second signal, or the drain timeout, cuts what is left.
    /// </summary>
    /// <exception cref="IOException">A port the user asked for cannot be bound; the message says which and why.</exception>
    public async Task RunAsync(ShutdownSignals signals)
    {
        // Parsing needs nothing of what starts meanwhile; the follower's own first load then finds everything read.
        var source = new ManifestSource(settings.Manifests, _time);
        var reading = Task.Run(source.Load, CancellationToken.None);

        var readiness = new Readiness();
        var snapshots = new SnapshotPublisher();
        var live = new LiveProcess(settings.NodeName, readiness, snapshots, _time) { Detail = settings.MetricsDetail, Controller = Controller };
        using var api = Cluster is null ? null : new ApiClient(Cluster, _time);
        await using var admin = await StartAdminAsync(live);

        await using var healthz = await StartHealthzAsync(readiness, snapshots);

        // Started first and stopped last of those who serve: clients of connections that drain still need names.
        await using var dns = settings.Dns.IsEmpty ? null : await DnsServer.StartAsync(DnsAssembly.Options(settings), snapshots, loggers, _time);
        live.Dns = dns;
        await using var connectionLog = new AccessLogWriter(_output, _logger);
        live.L4Log = connectionLog;
        await using var loops = StartLoops();
        live.Loops = loops;
        await using var checks = new HealthChecker(snapshots, loggers, _time);

        // Follows snapshots before whoever listens does, and is there until nobody does any more.
        using var vips = VipOwner.Open(settings, controlPlane, snapshots, loggers, _time);
        ConnectionLog? LogConnections(ConnectionLogFormat format) => format == ConnectionLogFormat.Off ? null : new ConnectionLog(format, connectionLog, snapshots, _time);
        var dataplane = DataplaneOptions(vips, LogConnections(settings.ConnectionLog));
        await using var l4 = new L4Dataplane(loops, snapshots, dataplane, loggers, _time);
        live.L4 = l4;

        var http = HttpOptions();
        await using var l7 = new HttpFrontend(snapshots, http, loggers, _time, loops);
        live.Http = l7;
        using var otlp = OtlpExport.Start(settings.Otlp, live, Environment.GetEnvironmentVariable, _logger);
        await l7.StartAsync(signals.Stop);

        await reading;
        using var monitor = new AddressMonitor(_time);
        await using var externalNames = new ExternalNameResolver(System.Net.Dns.GetHostAddressesAsync, settings.UnsafeLocalTargets, _logger, _time);
        var loadBalancer = LoadBalancer(http);
        await using var writer = api is null
            ? null
            : new ClusterWriter(api, WriterAssembly.Options(settings, loadBalancer, Cluster?.Namespace, Environment.GetEnvironmentVariable), _time, loggers);
        var state = Cluster is null ? null : ClusterAssembly.State(settings, Cluster.Server, Environment.GetEnvironmentVariable, loggers, _time);
        using SnapshotFollower follower = api is null
            ? FollowManifests(source, loadBalancer, externalNames, snapshots, live.Changes)
            : FollowCluster(api, state, writer, loadBalancer, externalNames, snapshots, live.Changes);
        readiness.Trouble = () => follower.Trouble;
        live.Writer = writer;
        live.Follower = follower;

        // While new work is served, changes are followed.
        using var serving = new CancellationTokenSource();
        var keeping = state?.RunAsync(serving.Token) ?? Task.CompletedTask;
        await using var announcement = new AddressAnnouncement(settings, api, Cluster?.Namespace, () => LabelsOfNode(follower), snapshots, loggers, _time);
        var following = Task.WhenAll(
            follower.RunAsync(serving.Token),
            externalNames.RunAsync(follower.ChangeExternalAddressesAsync, serving.Token),
            FollowSettingsAsync(ApplyAsync, serving.Token),
            new AddressFollower(settings, monitor, vips, announcement, follower, l4, _logger).RunAsync(follower.Node, serving.Token));
        Task ApplyAsync(ProxySettings next)
        {
            var before = _current ?? settings;
            if (next.LogLevel != before.LogLevel)
            {
                logLevel.Level = next.LogLevel ?? ProxySettings.DefaultLogLevel;
            }

            l7.AccessLogFormat = next.AccessLog;
            dataplane.ConnectionLog = LogConnections(next.ConnectionLog);
            _current = next;
            return ManifestAssembly.TranslateAlike(before, next, follower.Node) ? Task.CompletedTask : follower.ChangeSettingsAsync(next, serving.Token);
        }

        await BecomeReadyAsync(l4, externalNames, readiness, signals.Stop);
        if (!signals.Stop.IsCancellationRequested)
        {
            writer?.Start();
            announcement.Start();
            ProcessLog.Serving(_logger, http.HttpPort, http.HttpsPort, admin.Endpoint);
            Ready?.Invoke(follower.Served, http.HttpPort, http.HttpsPort);
        }

        await LeaveAsync(l4, l7, announcement, readiness, signals);
        await serving.CancelAsync();
        await following;

        // No new work any more; the old work ends or is cut. Meanwhile the cluster is told that we are gone, if nobody else is left.
        await Task.WhenAll(keeping, announcement.ReleaseAsync(), writer?.StopAsync(signals.Now) ?? Task.CompletedTask, DrainAsync(l4, l7, signals.Now));
        ProcessLog.Stopped(_logger);
    }

    // The one we are known by, as ingress-nginx's boards ask for it.
    private string Controller => settings.Controllers.IsEmpty ? TranslationOptions.OwnController : settings.Controllers[0];

    private DataplaneOptions DataplaneOptions(VipOwner vips, ConnectionLog? log) => new()
    {
        ConnectionLog = log,
        ProxyProtocolFrom = settings.ProxyProtocolFrom,
        RoutedNetworks = vips.RoutedNetworks,
        Transparent = vips.IsTransparent,
        MovingLoadBalancers = settings.LoadBalancerAnnounce != AnnounceMode.Off,
        ExpectsForeignAddresses = Cluster is not null && settings.Vips == VipMode.Off,
    };

    private IReadOnlyDictionary<string, string>? LabelsOfNode(SnapshotFollower follower) =>
        follower.Served.Nodes.GetValueOrDefault(new NamespacedName("", settings.NodeName))?.Metadata.Labels;

    private LoadBalancerOptions LoadBalancer(HttpFrontendOptions http)
    {
        var options = controlPlane.LoadBalancer with { HttpPorts = [http.HttpPort, http.HttpsPort] };
        return Cluster is null ? options : LoadBalancerAssembly.ForCluster(settings, options, controlPlane.ServiceCidrs);
    }

    private ManifestFollower FollowManifests(
        ManifestSource source, LoadBalancerOptions loadBalancer, ExternalNameResolver externalNames, SnapshotPublisher snapshots, ChangeCounters counters)
    {
        var memory = AllocationMemory.Open(ManifestAssembly.StateFile(settings));
        var pipeline = ManifestAssembly.Pipeline(settings, controlPlane with { LoadBalancer = loadBalancer }, memory, _time);
        return new ManifestFollower(source, pipeline, externalNames, snapshots, counters, _logger, _time) { Demo = demo };
    }

    private ClusterFollower FollowCluster(
        ApiClient api,
        StateFolder? state,
        ClusterWriter? writer,
        LoadBalancerOptions loadBalancer,
        ExternalNameResolver externalNames,
        SnapshotPublisher snapshots,
        ChangeCounters counters)
    {
        ProcessLog.Following(_logger, api.Server);
        var source = new ClusterSource(api, ClusterAssembly.Source(settings) with { Recall = state is null ? null : state.Recall }, loggers.CreateLogger("EdgeProxy.Api"), _time);
        var translator = new SnapshotTranslator(ClusterAssembly.Translation(settings, ManifestAssembly.Node(settings)) with { LoadBalancer = loadBalancer }, _time);
        var pipeline = new ClusterPipeline(source, translator, loadBalancer);
        return new ClusterFollower(source, pipeline, externalNames, snapshots, counters, _logger, _time) { State = state, Writer = writer };
    }

    private EventLoopGroup StartLoops()
    {
        var loops = new EventLoopGroup(
            new EventLoopOptions { Count = settings.Threads ?? Environment.ProcessorCount, Io = settings.Io }, _time);
        ProcessLog.Loops(_logger, loops.Loops.Count, loops.Io == IoMode.IoUring ? "io_uring" : "epoll", OpenFiles.Limit);
        if (loops.IoUringRefusal is { } refusal)
        {
            // Who asked for it is told louder than who left it to us.
            ProcessLog.NoIoUring(_logger, settings.Io == IoMode.IoUring ? LogLevel.Warning : LogLevel.Information, refusal);
        }

        return loops;
    }

    private async Task BecomeReadyAsync(L4Dataplane l4, ExternalNameResolver externalNames, Readiness readiness, CancellationToken stop)
    {
        try
        {
            await l4.FollowedFirst.WaitAsync(stop);
            await AskForNamesAsync(externalNames, stop);

            // Parsing a folder leaves many times what is kept of it. Given back now, before anybody waits for us, not some day under load.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            readiness.BecomeReady();
        }
        catch (OperationCanceledException)
        {
            // Stopped before it was ever ready.
        }
    }

    /// <summary>Paths to ExternalName Services are 503 until their names are resolved; a DNS that does not answer must not keep us from the rest.</summary>
    private async Task AskForNamesAsync(ExternalNameResolver externalNames, CancellationToken stop)
    {
        try
        {
            await externalNames.FirstRound.WaitAsync(LongestLookUp, _time, stop);
        }
        catch (TimeoutException)
        {
            // Whoever asks for such a path is answered 503; log id 141 says which name, when the system gives it up.
        }
    }

    private Task FollowSettingsAsync(Func<ProxySettings, Task> apply, CancellationToken serving) =>
        ReadAgain is null ? Task.CompletedTask : new SettingFollower(settings, ReadAgain, _logger, _time).RunAsync(apply, serving);

    /// <summary>
    /// Waits for the first signal. Not ready then, so that whoever balances over us stops sending, and no address that leads new clients here; until everybody knows, there is new work to serve.
    /// </summary>
    private async Task LeaveAsync(L4Dataplane l4, HttpFrontend l7, AddressAnnouncement announcement, Readiness readiness, ShutdownSignals signals)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (signals.Stop.Register(stop.SetResult))
        {
            await stop.Task;
        }

        var wasReady = readiness.Reason is null;
        readiness.BeginDrain();
        l4.BeginDrain();
        l7.BeginDrain();
        await announcement.WithdrawAsync();
        var delay = (_current ?? settings).ShutdownDelay;
        if (wasReady && delay > TimeSpan.Zero)
        {
            ProcessLog.Leaving(_logger, delay);
            await Task.Delay(delay, _time, signals.Now).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task DrainAsync(L4Dataplane l4, HttpFrontend l7, CancellationToken now)
    {
        var limit = (_current ?? settings).DrainTimeout ?? ProxySettings.DefaultDrainTimeout;
        ProcessLog.Draining(_logger, limit);
        using var timeout = new CancellationTokenSource(limit, _time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, now);
        await Task.WhenAll(l4.DrainAsync(deadline.Token), l7.DrainAsync(limit, now));
    }

    private HttpFrontendOptions HttpOptions()
    {
        // A demo is tried on a laptop by somebody who has read "8080" somewhere: the same ports with and without privileges.
        int[] http = demo is null ? [80, 8080] : [8080];
        int[] https = demo is null ? [443, 8443] : [8443];
        var addresses = demo is null ? ListenPorts.DefaultAddresses(settings.VipInterface) : [IPAddress.Loopback];
        addresses = settings.ListenAddresses.IsEmpty ? addresses : settings.ListenAddresses;
        var httpPort = ListenPorts.Choose(addresses, settings.HttpPort, http);
        var httpsPort = ListenPorts.Choose(addresses, settings.HttpsPort, https);
        ReportReplaced(settings.HttpPort, http[0], httpPort, "http-port");
        ReportReplaced(settings.HttpsPort, https[0], httpsPort, "https-port");
        return new HttpFrontendOptions
        {
            ListenAddresses = addresses,
            AccessLog = settings.AccessLog,
            AccessLogOutput = _output,
            MetricsDetail = settings.MetricsDetail,
            CountsForNginxBoards = settings.NginxMetrics,
            HttpPort = httpPort,
            HttpsPort = httpsPort,
            AffinityKey = settings.AffinityKey,
            ProxyProtocolFrom = settings.HttpProxyProtocolFrom,
            SslPassthrough = settings.SslPassthrough,
            FastLane = settings.HttpFastLane,
            Http3 = settings.Http3,

            // From manifests there is nothing in front of us: clients reach this very port. In a cluster a Service has the usual one.
            RedirectPort = Cluster is null ? httpsPort : 443,
            UnsafeLocalTargets = settings.UnsafeLocalTargets,
        };
    }

    private void ReportReplaced(int? wanted, int preferred, int used, string flag)
    {
        if (wanted is null && used != preferred)
        {
            ProcessLog.PortReplaced(_logger, preferred, used, flag);
        }
    }

    private async Task<ProbeServer?> StartHealthzAsync(Readiness readiness, SnapshotPublisher snapshots) => settings.HealthzBindAddress is { } address
        ? await ProbeServer.StartAsync(
            address, "--healthz-bind-address", new KubeProxyProbes(readiness, snapshots, _time).AnswerAsync, loggers, CancellationToken.None)
        : null;

    /// <summary>A second process on one machine must not fail for a port nobody asked for.</summary>
    private async Task<ProbeServer> StartAdminAsync(LiveProcess live)
    {
        var token = settings.AdminTokenFile is { } file ? new AdminToken(file) : null;
        var api = new AdminApi(live, new AdminGate(token), new MetricsPage(live, settings.NginxMetrics), logLevel, _logger);
        Task<ProbeServer> StartAsync(int port) => ProbeServer.StartAsync(
            new IPEndPoint(settings.AdminAddress, port),
            "the admin port",
            api.AnswerAsync,
            loggers,
            CancellationToken.None);

        try
        {
            return await StartAsync(settings.AdminPort ?? DefaultAdminPort);
        }
        catch (IOException) when (settings.AdminPort is null)
        {
            var admin = await StartAsync(0);
            ProcessLog.PortReplaced(_logger, DefaultAdminPort, admin.Endpoint.Port, "admin-port");
            return admin;
        }
    }
}
