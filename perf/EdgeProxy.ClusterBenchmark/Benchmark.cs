using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.ClusterBenchmark;

/// <summary>One run, printed as the rows of a Markdown table; what goes on meanwhile on standard error.</summary>
internal static class Benchmark
{
    private const int ParallelWrites = 16;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(BenchmarkOptions options, CancellationToken cancellationToken)
    {
        await using ICluster cluster = options.Kubeconfig is { } kubeconfig ? new RealCluster(kubeconfig) : await FakeCluster.StartAsync();
        Console.WriteLine($"{cluster.Description}; {options.Objects:N0} Services, {options.Objects:N0} Ingresses, {options.Objects * options.Endpoints:N0} endpoints; load average {LoadAverage()}\n");
        await Console.Error.WriteLineAsync("filling");
        await FillAsync(options, cluster, cancellationToken);
        var port = FreePort();
        await using var churn = new Churn(options, cluster, new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/"));
        await churn.PrepareAsync(cancellationToken);
        cluster.Settle();

        // At the log level of every day; what each event takes in the process is only said at debug, which costs.
        await using (var proxy = await MeasuredProxy.StartAsync(options, cluster.Kubeconfig, port, "information", cancellationToken))
        {
            Console.WriteLine("| question | answer |\n|---|---|");
            Row("first log line about the API server → first snapshot live", $"{proxy.FirstSnapshot.TotalSeconds:0.00} s; {proxy.Cpu.TotalSeconds:0.0} s of CPU since the process started");
            await Task.Delay(Quiet, TimeProvider.System, cancellationToken);
            Row("resident memory 5 s later", Memory(proxy));
            var (cpu, startedAt) = (proxy.Cpu, TimeProvider.System.GetTimestamp());
            await churn.RunAsync(cancellationToken);
            var seconds = TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
            Row($"{options.Rate} changes a second for {options.Seconds} s", string.Create(CultureInfo.InvariantCulture, $"took {seconds:0.0} s; CPU of {(proxy.Cpu - cpu).TotalSeconds / seconds:0.00} cores, with {churn.Requests} requests, {churn.Failures} of them failed"));
            Row("change made → answered by the new endpoint", Quantiles(churn.SeenDelays));
            Row("resident memory after that", Memory(proxy));
        }

        churn.SeenDelays.Clear();
        await using (var proxy = await MeasuredProxy.StartAsync(options, cluster.Kubeconfig, port, "debug", cancellationToken))
        {
            await Task.Delay(Quiet, TimeProvider.System, cancellationToken);
            proxy.OwnDelays.Clear();
            await churn.RunAsync(cancellationToken);
            Row("event received → snapshot live, as the process measures it", Quantiles(proxy.OwnDelays));
        }

        Console.WriteLine($"\nload average at the end {LoadAverage()}");
    }

    private static async Task FillAsync(BenchmarkOptions options, ICluster cluster, CancellationToken cancellationToken)
    {
        const string Core = $"/api/v1/namespaces/{ClusterObjects.Namespace}";
        await cluster.CreateAsync("/api/v1/namespaces", $$"""{"metadata":{"name":"{{ClusterObjects.Namespace}}"} }""", cancellationToken);
        await cluster.CreateAsync("/apis/networking.k8s.io/v1/ingressclasses", ClusterObjects.IngressClass, cancellationToken);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ParallelWrites, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, options.Objects, parallel, async (index, cancel) =>
        {
            var name = ClusterObjects.Name(index);
            await cluster.CreateAsync($"{Core}/services", ClusterObjects.Service(name, options.Kubeconfig is null ? ClusterIP(options, index) : null), cancel);
            await cluster.CreateAsync($"/apis/discovery.k8s.io/v1/namespaces/{ClusterObjects.Namespace}/endpointslices", ClusterObjects.Slice(index, options.Endpoints, missing: 0), cancel);
            await cluster.CreateAsync($"/apis/networking.k8s.io/v1/namespaces/{ClusterObjects.Namespace}/ingresses", ClusterObjects.Ingress(name), cancel);
        });
    }

    private static string ClusterIP(BenchmarkOptions options, int index) => new IPAddress([(byte)(options.Listens ? 127 : 10), 96, (byte)(index >> 8), (byte)index]).ToString();

    private static void Row(string question, string answer) => Console.WriteLine($"| {question} | {answer} |");

    private static string Memory(MeasuredProxy proxy)
    {
        var (now, highest) = proxy.Memory();
        return string.Create(CultureInfo.InvariantCulture, $"{now:0} MiB; at its highest {highest:0} MiB");
    }

    private static string Quantiles(IEnumerable<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToList();
        double At(double share) => sorted[Math.Min((int)(sorted.Count * share), sorted.Count - 1)];
        return sorted.Count == 0 ? "nothing" : string.Create(CultureInfo.InvariantCulture, $"p50 {At(0.5):0.0} ms, p99 {At(0.99):0.0} ms, longest {sorted[^1]:0.0} ms of {sorted.Count}");
    }

    private static string LoadAverage() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
