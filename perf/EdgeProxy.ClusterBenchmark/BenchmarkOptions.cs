using System.CommandLine;

namespace EdgeProxy.ClusterBenchmark;

/// <summary>What a user can ask for.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>Services, and as many Ingresses and EndpointSlices. Default 10,000.</summary>
    public int Objects { get; init; }

    /// <summary>Endpoints of each Service. Default 10.</summary>
    public int Endpoints { get; init; }

    /// <summary>Changes of endpoints a second. Default 50.</summary>
    public int Rate { get; init; }

    /// <summary>How long they go on, in seconds. Default 30.</summary>
    public int Seconds { get; init; }

    /// <summary>Kubeconfig of a disposable cluster that is filled instead of the API server in this process; null for that one.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The cluster IPs are addresses of this host, so that there is a listener for every Service.</summary>
    public bool Listens { get; init; }

    /// <summary>The program that is measured.</summary>
    public required string EdgeProxy { get; init; }

    /// <summary>The command line, with what to do once it is read.</summary>
    public static RootCommand Command(Func<BenchmarkOptions, CancellationToken, Task> run)
    {
        var objects = Number("--objects", "Services, and as many Ingresses.", 10_000, 60_000);
        var endpoints = Number("--endpoints", "Endpoints of each Service.", 10, 100);
        var rate = Number("--rate", "Changes of endpoints a second.", 50, 1_000);
        var seconds = Number("--seconds", "How long they go on.", 30, 600);
        var kubeconfig = new Option<string?>("--kubeconfig") { HelpName = "FILE", Description = "A disposable cluster to fill. Default: an API server in this process." };
        var listens = new Option<bool>("--listen") { Description = "Cluster IPs in 127.96.0.0/12, so that every Service has a listener. Not with --kubeconfig." };
        var edgeProxy = new Option<string>("--edgeproxy")
        {
            HelpName = "PATH",
            Description = "The program to measure. Default: the Release build of this tree.",
            DefaultValueFactory = _ => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../src/EdgeProxy/bin/Release/net10.0/edgeproxy")),
        };
        var command = new RootCommand("Measures how EdgeProxy follows a large cluster.") { objects, endpoints, rate, seconds, kubeconfig, listens, edgeProxy };
        command.SetAction((parsed, cancel) => run(
            new BenchmarkOptions
            {
                Objects = parsed.GetValue(objects),
                Endpoints = parsed.GetValue(endpoints),
                Rate = parsed.GetValue(rate),
                Seconds = parsed.GetValue(seconds),
                Kubeconfig = parsed.GetValue(kubeconfig),
                Listens = parsed.GetValue(listens),
                EdgeProxy = parsed.GetValue(edgeProxy)!,
            },
            cancel));
        return command;
    }

    private static Option<int> Number(string name, string description, int value, int highest)
    {
        var option = new Option<int>(name) { Description = $"{description} 1-{highest}, default {value}.", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1 || result.GetValueOrDefault<int>() > highest)
            {
                result.AddError($"{name} must be 1-{highest}");
            }
        });
        return option;
    }
}
