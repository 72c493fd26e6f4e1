using System.Runtime.InteropServices;
using EdgeProxy.Compare.Candidates;
using EdgeProxy.Compare.Lab;

namespace EdgeProxy.Compare.Report;

/// <summary>Where and with what was measured: the head of a report.</summary>
internal static class MachineDescription
{
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(string edgeProxy) => new Dictionary<string, string>
    {
        ["date"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture),
        ["processor"] = $"{Environment.ProcessorCount} × {await ProcessorAsync()}",
        ["kernel"] = (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease")).Trim(),
        ["congestion control"] = (await File.ReadAllTextAsync("/proc/sys/net/ipv4/tcp_congestion_control")).Trim(),
        ["open files"] = OpenFiles.Limit.ToString(System.Globalization.CultureInfo.InvariantCulture),
        [".NET"] = RuntimeInformation.FrameworkDescription,
        ["edgeproxy"] = await VersionAsync(edgeProxy, "--version"),
        ["haproxy"] = await VersionAsync("haproxy", "-v"),
        ["nginx"] = await VersionAsync("sh", "-c", "nginx -v 2>&1"),
        ["caddy"] = await VersionAsync("caddy", "version"),
        ["nft"] = await VersionAsync("nft", "--version"),
        ["h2load"] = await VersionAsync("h2load", "--version"),
    };

    public static string ToMarkdown(IReadOnlyDictionary<string, string> description) =>
        string.Concat(description.Select(entry => $"- {entry.Key}: {entry.Value}\n"));

    private static async Task<string> ProcessorAsync()
    {
        var lines = await File.ReadAllLinesAsync("/proc/cpuinfo");
        var model = lines.FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        return model?.Split(": ")[^1] ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static async Task<string> VersionAsync(string tool, params string[] arguments)
    {
        try
        {
            return CandidateTable.IsInstalled(tool) ? (await Child.RunAsync(new Launch(tool, arguments))).Split('\n')[0] : "missing";
        }
        catch (InvalidOperationException)
        {
            return "missing";
        }
    }
}
