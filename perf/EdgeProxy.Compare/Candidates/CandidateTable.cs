using EdgeProxy.Compare.Lab;

namespace EdgeProxy.Compare.Candidates;

/// <summary>Every candidate, and which of them this machine has.</summary>
internal static class CandidateTable
{
    public const string Haproxy = "haproxy";
    public const string NginxStream = "nginx-stream";

    private static readonly string[] s_ios = ["epoll", "io_uring"];

    /// <summary>All of them, in the order of the report.</summary>
    /// <param name="edgeProxy">Path of the built program.</param>
    /// <param name="knowsIo">False while the program has no flag <c>--io</c>: then there is only its plain form.</param>
    public static IReadOnlyList<Candidate> All(string edgeProxy, bool knowsIo) =>
    [
        new EdgeProxyCandidate("edgeproxy", edgeProxy, io: null),
        .. s_ios.Where(_ => knowsIo).Select(io => new EdgeProxyCandidate("edgeproxy-" + io, edgeProxy, io)),
        new HaproxyCandidate(Haproxy, threads: 1, splices: false),
        new HaproxyCandidate("haproxy-2t", threads: 2, splices: false),
        new HaproxyCandidate("haproxy-splice", threads: 1, splices: true),
        new HaproxyCandidate("haproxy-2t-splice", threads: 2, splices: true),
        new NginxStreamCandidate(NginxStream, bufferKiB: 16),
        new NginxStreamCandidate("nginx-stream-64k", bufferKiB: 64),
        new NginxHttpCandidate("nginx-http"),
        new CaddyCandidate("caddy"),
        new NftablesCandidate("nft"),
        new DirectCandidate("direct"),
    ];

    /// <summary>Asks the program itself.</summary>
    public static async Task<bool> KnowsIoAsync(string edgeProxy) =>
        File.Exists(edgeProxy) && (await Child.RunAsync(new Launch(edgeProxy, "run", "--help"))).Contains("--io ", StringComparison.Ordinal);

    /// <summary>True when a program can be started: a path that exists, or a name found in PATH.</summary>
    public static bool IsInstalled(string? tool) => tool is null
        || (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));
}
