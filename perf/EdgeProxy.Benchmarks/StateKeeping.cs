using System.Collections.Immutable;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeProxy.Benchmarks;

/// <summary>What does the last-good state of a large cluster cost to write and to read? Without the rests that writing takes while the process lives.</summary>
[MemoryDiagnoser]
public class StateKeeping
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"edgeproxy-state-{Environment.ProcessId}");
    private ObjectSet _objects = ObjectSet.Empty;

    [Params(10_000)]
    public int Services { get; set; }

    [Params(10)]
    public int EndpointsEach { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        _objects = new ObjectSet
        {
            Services = Enumerable.Range(0, Services).Select(Service).ToImmutableDictionary(service => service.Name),
            EndpointSlices = Enumerable.Range(0, Services).Select(Slice).ToImmutableDictionary(slice => slice.Name),
        };
        await Write();
        Console.WriteLine($"// {Directory.GetFiles(_folder).Sum(file => new FileInfo(file).Length):N0} bytes on disk");
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    [Benchmark]
    public Task Write()
    {
        var state = State();
        state.Observe(_objects);
        return state.RunAsync(new CancellationToken(canceled: true));
    }

    [Benchmark]
    public RecalledState? Recall() => State().Recall();

    private StateFolder State() => new(_folder, "benchmark", NullLogger.Instance, TimeProvider.System);

    private static Service Service(int index) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = Meta(Name("service", index), index),
        Spec = new ServiceSpec
        {
            Type = "ClusterIP",
            ClusterIP = Address(96, index),
            ClusterIPs = [Address(96, index)],
            IpFamilies = ["IPv4"],
            SessionAffinity = "None",
            InternalTrafficPolicy = "Cluster",
            Selector = new Dictionary<string, string> { ["app"] = Name("service", index) },
            Ports = [new ServicePortSpec { Name = "http", Port = 80, Protocol = "TCP", TargetPort = new IntOrString(8080) }],
        },
    };

    private EndpointSlice Slice(int index)
    {
        var meta = Meta(Name("service", index) + "-x7k2p", index);
        meta.Labels![EndpointSlice.ServiceNameLabel] = Name("service", index);
        return new EndpointSlice
        {
            ApiVersion = "discovery.k8s.io/v1",
            Kind = "EndpointSlice",
            Metadata = meta,
            AddressType = "IPv4",
            Ports = [new EndpointPort { Name = "http", Port = 8080, Protocol = "TCP" }],
            Endpoints = [.. Enumerable.Range(0, EndpointsEach).Select(pod => new SliceEndpoint
            {
                Addresses = [Address(10, (index * EndpointsEach) + pod)],
                Conditions = new EndpointConditions { Ready = true, Serving = true, Terminating = false },
                NodeName = Name("node", pod),
                Zone = "zone-a",
                TargetRef = new ObjectReference { Kind = "Pod", Name = Name("pod", (index * EndpointsEach) + pod), Namespace = "default" },
            })],
        };
    }

    private static ObjectMeta Meta(string name, int index) => new()
    {
        Name = name,
        Namespace = "default",
        Uid = new Guid(index, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString(),
        ResourceVersion = (100_000 + index).ToString(CultureInfo.InvariantCulture),
        Labels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = name, ["app.kubernetes.io/managed-by"] = "Helm" },
        CreationTimestamp = DateTimeOffset.UnixEpoch.AddSeconds(index),
    };

    private static string Name(string what, int index) => string.Create(CultureInfo.InvariantCulture, $"{what}-{index}");

    private static string Address(int first, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"10.{first + (index >> 16)}.{(index >> 8) & 255}.{index & 255}");
}
