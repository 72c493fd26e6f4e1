using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeProxy.Model;
using EdgeProxy.Transport.Loops;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeProxy.Dataplane.Tests;

/// <summary>A data plane on real loopback sockets, one service at a time published into it.</summary>
internal sealed class TestDataplane : IAsyncDisposable
{
    public static readonly NamespacedName Service = new("default", "web");

    /// <summary>A second loopback address: free for cluster IPs on any Linux machine.</summary>
    public static readonly IpAddr ClusterIP = IpAddr.Parse("127.96.7.7");

    /// <summary>The node's address, for node ports.</summary>
    public static readonly IpAddr NodeAddress = ClusterIP;

    private static readonly LocalNode Node = new() { Name = "n1", NodePortAddresses = [NodeAddress] };

    public TestDataplane(
        DataplaneOptions? options = null, TimeProvider? time = null, int loops = 2, IoMode io = IoMode.Auto, ILoggerFactory? loggers = null)
    {
        time ??= TimeProvider.System;
        Loops = new EventLoopGroup(new EventLoopOptions { Count = loops, Io = io }, time);
        Options = options ?? new DataplaneOptions { BindRetryDelay = TimeSpan.FromMilliseconds(20) };
        L4 = new L4Dataplane(Loops, Snapshots, Options, loggers ?? NullLoggerFactory.Instance, time);
    }

    public EventLoopGroup Loops { get; }

    public SnapshotPublisher Snapshots { get; } = new();

    public DataplaneOptions Options { get; }

    public L4Dataplane L4 { get; }

    /// <summary>Makes a service live with these endpoints and waits until the listeners follow.</summary>
    public async Task PublishAsync(ushort port, TransportProtocol protocol, TimeSpan? affinity, params Endpoint[] endpoints)
    {
        var builder = new SnapshotBuilder(Snapshots.Current, Node, TimeProvider.System);
        builder.SetService(new ServiceConfig
        {
            Name = Service,
            ClusterIPs = [ClusterIP],
            AffinityTimeout = affinity,
            Ports = [new ServicePortConfig { Name = "", Protocol = protocol, Port = port, Endpoints = [.. endpoints] }],
        });
        Snapshots.Publish(builder.Build());
        await WaitForAsync(() => L4.ListenerCount == (endpoints.Any(endpoint => endpoint.IsUsable) ? 1 : 0));
    }

    /// <summary>The clock of services made live with <see cref="Publish"/>: their affinity, ejections and slow starts.</summary>
    public TimeProvider ServiceClock { get; init; } = TimeProvider.System;

    /// <summary>Makes services live in one swap.</summary>
    public void Publish(params ServiceConfig[] services)
    {
        var builder = new SnapshotBuilder(Snapshots.Current, Node, ServiceClock);
        foreach (var service in services)
        {
            builder.SetService(service);
        }

        Snapshots.Publish(builder.Build());
    }

    public void Remove() => Remove(Service);

    public void Remove(NamespacedName service)
    {
        var builder = new SnapshotBuilder(Snapshots.Current, Node, TimeProvider.System);
        builder.RemoveService(service);
        Snapshots.Publish(builder.Build());
    }

    public static Endpoint EndpointAt(EndPoint address) => new() { Address = EndpointAddress.From((IPEndPoint)address), NodeName = "n1" };

    /// <summary>A port of the cluster IP that nobody uses.</summary>
    public static ushort FreePort(SocketType type)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, type, ProtocolType.Unspecified);
        probe.Bind(new IPEndPoint(ClusterIP.ToIPAddress(), 0));
        return (ushort)((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    public static async Task WaitForAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, deadline.Token);
        }
    }

    /// <summary>Waits until the loops have ended the turn they are in.</summary>
    public Task CatchUpAsync() => Task.WhenAll(Loops.Loops.Select(loop =>
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(done.SetResult);
        return done.Task;
    }));

    public async ValueTask DisposeAsync()
    {
        await L4.DisposeAsync();
        await Loops.DisposeAsync();
    }
}
