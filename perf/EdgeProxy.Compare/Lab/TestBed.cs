using System.Globalization;
using System.Net;

namespace EdgeProxy.Compare.Lab;

/// <summary>
/// Three network namespaces in a row, client – proxy – backend, a pair of veths between neighbours. The proxy's forwards packets, so that the
/// client can also reach the backend without a proxy. Also the folder for generated files. All of it is removed by <see cref="DisposeAsync"/>.
/// </summary>
internal sealed class TestBed : IAsyncDisposable
{
    private const string Prefix = "epc-";
    private const int BackendAddresses = 24;

    // RFC 2544 gives 198.18.0.0/15 to measurements like this one.
    private const string ClientAddress = "198.18.1.2";
    private const string ClientSources = "198.18.64.0/18";
    private const uint FirstSource = 0xC6124000;

    // One sample takes at most this many times 60,000 source ports.
    private const uint SourcesPerSample = 16;
    private const uint SourceCount = 1 << 14;

    private readonly string _run = Prefix + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
    private uint _nextSource;

    private TestBed()
    {
        Folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), _run)).FullName;
        Client = new NetworkNamespace(_run + "-client");
        Proxy = new NetworkNamespace(_run + "-proxy");
        Backend = new NetworkNamespace(_run + "-backend");
    }

    public static IPAddress ProxyAddress { get; } = IPAddress.Parse("198.18.1.1");

    /// <summary>One backend address a candidate: a proxy's local ports are used up per address, and nobody should use up another's.</summary>
    public static IReadOnlyList<IPAddress> BackendAddressList { get; } =
        [.. Enumerable.Range(10, BackendAddresses).Select(last => IPAddress.Parse($"198.18.2.{last}"))];

    public string Folder { get; }

    public NetworkNamespace Client { get; }

    public NetworkNamespace Proxy { get; }

    public NetworkNamespace Backend { get; }

    /// <summary>Lays everything out, after removing what runs left behind that were killed.</summary>
    public static async Task<TestBed> CreateAsync()
    {
        await RemoveLeftoversAsync();
        var bed = new TestBed();
        try
        {
            await bed.LayOutAsync();
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first of some source addresses nobody has used yet; after about a thousand samples it begins again.</summary>
    public uint TakeSources()
    {
        var source = FirstSource + _nextSource;
        _nextSource = (_nextSource + SourcesPerSample) % SourceCount;
        return source;
    }

    public async ValueTask DisposeAsync() => await RemoveAsync(_run);

    private static async Task RemoveLeftoversAsync()
    {
        var runs = Directory.Exists("/var/run/netns") ? Directory.EnumerateFiles("/var/run/netns", Prefix + "*") : [];
        var folders = Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*");
        foreach (var run in runs.Concat(folders).Select(path => RunOf(Path.GetFileName(path))).Distinct(StringComparer.Ordinal))
        {
            if (int.TryParse(run.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && !IsAlive(pid))
            {
                await Console.Error.WriteLineAsync($"removing what an earlier run ({pid}) left behind");
                await RemoveAsync(run);
            }
        }
    }

    private static string RunOf(string name) => name.IndexOf('-', Prefix.Length) is var end and > 0 ? name[..end] : name;

    /// <summary>A process id may have been given to somebody else since; then it is not a run of this program.</summary>
    private static bool IsAlive(int pid)
    {
        try
        {
            return pid != Environment.ProcessId && File.ReadAllText($"/proc/{pid}/cmdline").Contains("EdgeProxy.Compare", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task RemoveAsync(string run)
    {
        foreach (var name in new[] { "-client", "-proxy", "-backend" }.Select(role => run + role).Where(name => File.Exists("/var/run/netns/" + name)))
        {
            foreach (var pid in (await Child.RunAsync(new Launch("ip", "netns", "pids", name))).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                Kill(int.Parse(pid, CultureInfo.InvariantCulture));
            }

            await Child.RunAsync(new Launch("ip", "netns", "delete", name));
        }

        var folder = Path.Combine(Path.GetTempPath(), run);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It ended by itself.
        }
    }

    private async Task LayOutAsync()
    {
        foreach (var space in new[] { Client, Proxy, Backend })
        {
            await Child.RunAsync(new Launch("ip", "netns", "add", space.Name));
            await space.IpAsync("link", "set", "lo", "up");
            // Ports of finished connections are taken again after a second: T3 makes more of them than there are ports.
            space.SetSysctl("net/ipv4/tcp_tw_reuse", "1");
            space.SetSysctl("net/ipv4/ip_local_port_range", "20000 65535");
        }

        await ConnectAsync(Client, ClientAddress, Proxy, ProxyAddress.ToString(), "client");
        await ConnectAsync(Backend, "198.18.2.2", Proxy, "198.18.2.1", "backend");
        Proxy.SetSysctl("net/ipv4/ip_forward", "1");
        await Client.IpAsync("route", "add", "default", "via", ProxyAddress.ToString());
        await Backend.IpAsync("route", "add", "default", "via", "198.18.2.1");
        await Client.IpAsync("route", "add", "local", ClientSources, "dev", "lo");
        await Proxy.IpAsync("route", "add", ClientSources, "via", ClientAddress);
        foreach (var address in BackendAddressList)
        {
            await Backend.IpAsync("address", "add", $"{address}/24", "dev", "edge");
        }
    }

    private static async Task ConnectAsync(NetworkNamespace space, string address, NetworkNamespace proxy, string proxyAddress, string proxyDevice)
    {
        await space.IpAsync("link", "add", "edge", "type", "veth", "peer", "name", proxyDevice, "netns", proxy.Name);
        await space.IpAsync("address", "add", address + "/24", "dev", "edge");
        await proxy.IpAsync("address", "add", proxyAddress + "/24", "dev", proxyDevice);
        await space.IpAsync("link", "set", "edge", "up");
        await proxy.IpAsync("link", "set", proxyDevice, "up");
    }
}
