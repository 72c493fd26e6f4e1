using System.Collections.Immutable;
using System.Net;
using EdgeProxy.Dns;
using EdgeProxy.Settings;

namespace EdgeProxy.Hosting;

/// <summary>Builds the DNS server's options from the settings and this host's resolver configuration.</summary>
internal static class DnsAssembly
{
    private const string HostFile = "/etc/resolv.conf";

    // Where systemd-resolved keeps the servers behind its stub listener; kubelet's --resolv-conf is set to it on such hosts.
    private const string ResolvedFile = "/run/systemd/resolve/resolv.conf";

    private const int DnsPort = 53;

    private static readonly IPAddress ResolvedStub = IPAddress.Parse("127.0.0.53");

    /// <summary>The options of the server.</summary>
    public static DnsServerOptions Options(ProxySettings settings) => new()
    {
        Listen = settings.Dns,
        Zone = settings.DnsZone,
        Upstreams = settings.DnsUpstreams ?? HostServers(settings.Dns, ReadLines),
    };

    /// <summary>
    /// The servers this host uses, without ourselves. The stub of systemd-resolved gives way to what is behind it: resolved may well be told
    /// to ask us, and a question must not go in circles.
    /// </summary>
    /// <param name="own">Where we listen.</param>
    /// <param name="readLines">Reads a file; nothing when it is not there.</param>
    public static ImmutableArray<IPEndPoint> HostServers(ImmutableArray<IPEndPoint> own, Func<string, IEnumerable<string>> readLines)
    {
        var servers = Servers(readLines(HostFile));
        if (servers.Contains(ResolvedStub) && Servers(readLines(ResolvedFile)) is { Count: > 0 } behind)
        {
            servers = behind;
        }

        return [.. servers.Select(address => new IPEndPoint(address, DnsPort)).Where(server => !own.Contains(server)).Distinct()];
    }

    private static List<IPAddress> Servers(IEnumerable<string> lines) =>
        [.. lines.Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["nameserver", _, ..])
            .Select(words => IPAddress.TryParse(words[1], out var address) ? address : null)
            .OfType<IPAddress>()];

    private static IEnumerable<string> ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
