using EdgeProxy.ClusterBenchmark;

return await BenchmarkOptions.Command(Benchmark.RunAsync).Parse(args).InvokeAsync();
