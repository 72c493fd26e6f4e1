using System.Collections.Immutable;
using System.Diagnostics;
using System.Reflection;
using EdgeProxy.Hosting;
using EdgeProxy.Model;
using EdgeProxy.Transport;
using EdgeProxy.Transport.Loops;
using static EdgeProxy.Telemetry.MetricKind;
using static EdgeProxy.Telemetry.MetricTable;

namespace EdgeProxy.Telemetry;

/// <summary>The process, its loops and limits. Where Prometheus' client libraries have a name for it, that is the Prometheus name.</summary>
internal static class ProcessMetricRows
{
    private const string Transport = "network.transport";

    private static readonly DateTimeOffset StartedAt = new(Process.GetCurrentProcess().StartTime.ToUniversalTime());

    /// <summary>The version of the program, without the commit.</summary>
    public static string Version { get; } =
        (typeof(ProcessMetricRows).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];

    public static ImmutableArray<Metric> All { get; } =
    [
        Of(
            Gauge,
            "edgeproxy.build.info",
            "1",
            "1; version, engine of the event loops and .NET are its labels",
            static (from, to) => to.Add(
                1,
                new("service.version", Version),
                new("edgeproxy.io", from.Loops?.Io == IoMode.IoUring ? "io_uring" : "epoll"),
                new("process.runtime.version", Environment.Version.ToString())),
            "service.version",
            "edgeproxy.io",
            "process.runtime.version"),
        Of(Gauge, "edgeproxy.ready", "1", "1 while /readyz is 200", static (from, to) => to.Add(from.Readiness.Reason is null ? 1 : 0)),
        Of(Gauge, "edgeproxy.leader", "1", "1 while this replica writes to the cluster", static (from, to) =>
        {
            if (from.Writer is { } writer)
            {
                to.Add(writer.IsLeader ? 1 : 0);
            }
        }),
        Of(Gauge, "edgeproxy.api.connected", "1", "1 while the API server answers and every kind may be read", static (from, to) =>
        {
            if (from.Follower is ClusterFollower cluster)
            {
                to.Add(cluster.IsConnected ? 1 : 0);
            }
        }),
        Of(
            Gauge,
            "edgeproxy.listeners",
            "{listener}",
            "Frontends that are listened on",
            static (from, to) =>
            {
                if (from.L4 is { } l4)
                {
                    to.Add(l4.Listeners(TransportProtocol.Tcp), Transport, "tcp");
                    to.Add(l4.Listeners(TransportProtocol.Udp), Transport, "udp");
                }
            },
            Transport),
        Of(
            Gauge,
            "edgeproxy.listeners.failed",
            "{listener}",
            "Frontends that cannot be bound and are tried again",
            static (from, to) =>
            {
                if (from.L4 is { } l4)
                {
                    to.Add(l4.FailedListeners(TransportProtocol.Tcp), Transport, "tcp");
                    to.Add(l4.FailedListeners(TransportProtocol.Udp), Transport, "udp");
                }
            },
            Transport),
        ByLoop("edgeproxy.loop.cpu.time", "s", "CPU time of an event loop's thread; its rate is its load", static loop => loop.CpuTime.TotalSeconds),
        ByLoop("edgeproxy.loop.turns", "{turn}", "How often an event loop woke up", static loop => loop.Counters.LoopTurns),
        Of(Counter, "process.cpu.time", "s", "CPU time of the process", static (_, to) => to.Add(Environment.CpuUsage.TotalTime.TotalSeconds))
            with { PrometheusName = "process_cpu_seconds_total" },
        Of(Gauge, "process.memory.usage", "By", "Resident memory", static (_, to) => to.Add(Environment.WorkingSet))
            with { PrometheusName = "process_resident_memory_bytes" },
        Of(Gauge, "process.memory.virtual", "By", "Address space", static (_, to) => to.Add(ProcStat.Read().VirtualBytes))
            with { PrometheusName = "process_virtual_memory_bytes" },
        Of(Gauge, "process.unix.file_descriptor.count", "{file_descriptor}", "Open files", static (_, to) => to.Add(ProcStat.OpenFiles()))
            with { PrometheusName = "process_open_fds" },
        Of(Gauge, "edgeproxy.files.limit", "{file_descriptor}", "How many files may be open", static (_, to) => to.Add(OpenFiles.Limit))
            with { PrometheusName = "process_max_fds" },
        Of(Gauge, "process.thread.count", "{thread}", "Threads", static (_, to) => to.Add(ProcStat.Read().Threads)) with { PrometheusName = "process_threads" },
        Of(Gauge, "edgeproxy.process.started", "s", "When the process started, Unix time", static (_, to) => to.Add(SnapshotMetricRows.Unix(StartedAt)))
            with { PrometheusName = "process_start_time_seconds" },
        Of(Counter, "dotnet.gc.collections", "{collection}", "Garbage collections", Collections, "gc.heap.generation"),
        Of(
            Counter,
            "dotnet.gc.pause.time",
            "s",
            "Time everything stood still for garbage collections",
            static (_, to) => to.Add(GC.GetTotalPauseDuration().TotalSeconds)),
        Of(Counter, "dotnet.gc.heap.total_allocated", "By", "Memory allocated since start", static (_, to) => to.Add(GC.GetTotalAllocatedBytes())),
        Of(
            Gauge,
            "dotnet.gc.last_collection.heap.size",
            "By",
            "Size of the heap after the last garbage collection",
            static (_, to) => to.Add(GC.GetGCMemoryInfo().HeapSizeBytes)),
    ];

    private static Metric ByLoop(string name, string unit, string help, Func<EventLoop, double> read) => Of(
        Counter,
        name,
        unit,
        help,
        (from, to) =>
        {
            foreach (var loop in from.Loops?.Loops ?? [])
            {
                to.Add(read(loop), "edgeproxy.loop", loop.Index);
            }
        },
        "edgeproxy.loop");

    // CollectionCount of a generation has those of the older ones in it.
    private static void Collections(LiveProcess from, Samples to)
    {
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            var older = generation == GC.MaxGeneration ? 0 : GC.CollectionCount(generation + 1);
            to.Add(GC.CollectionCount(generation) - older, "gc.heap.generation", $"gen{generation}");
        }
    }
}
