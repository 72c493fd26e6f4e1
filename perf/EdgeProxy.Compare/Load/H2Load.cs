using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using EdgeProxy.Compare.Lab;

namespace EdgeProxy.Compare.Load;

/// <summary>h2load (nghttp2) as HTTP/2 client over TLS: 16 connections with 16 streams each (H2). Latencies come from its log of requests.</summary>
internal sealed partial class H2Load(TestBed bed, IPEndPoint target) : ILoad
{
    private readonly string _log = Path.Combine(bed.Folder, "h2load.log");

    public Task WarmUpAsync(CancellationToken cancel) => Task.CompletedTask;

    public async Task<LoadReading> MeasureAsync(TimeSpan length, CancellationToken cancel)
    {
        var seconds = Math.Max(1, (int)Math.Round(length.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        File.Delete(_log);
        var output = await Child.RunAsync(
            new Launch(
                "h2load", "-c16", "-m16", "-D", seconds, "--log-file", _log, "--connect-to", target.ToString(),
                $"https://{RequestLoad.HostName(0)}/some/path?id=0"),
            bed.Client.Name,
            cancel: cancel);
        var summary = Summary().Match(output);
        var requests = Requests().Match(output);
        if (!summary.Success || !requests.Success)
        {
            throw new InvalidOperationException($"h2load says something unexpected: {output.ReplaceLineEndings(" | ")}");
        }

        var latencies = new LatencyHistogram();
        await foreach (var line in File.ReadLinesAsync(_log, cancel))
        {
            latencies.Record(long.Parse(line.AsSpan(line.LastIndexOf('\t') + 1), CultureInfo.InvariantCulture) * 1000);
        }

        var succeeded = Number(requests.Groups[1]);
        return new LoadReading(
            (long)succeeded, (long)Number(requests.Groups[2]), succeeded / Number(summary.Groups[1]),
            latencies.Percentile(0.5) / 1e3, latencies.Percentile(0.99) / 1e3, 0);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [GeneratedRegex(@"finished in [^,]+, ([\d.]+) req/s")]
    private static partial Regex Summary();

    [GeneratedRegex(@"(\d+) succeeded, (\d+) failed")]
    private static partial Regex Requests();

    private static double Number(Group group) => double.Parse(group.ValueSpan, CultureInfo.InvariantCulture);
}
