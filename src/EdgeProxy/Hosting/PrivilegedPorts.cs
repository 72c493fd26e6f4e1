using System.Globalization;

namespace EdgeProxy.Hosting;

/// <summary>Whether ports below 1024 may be bound.</summary>
internal static class PrivilegedPorts
{
    // linux/capability.h
    private const int CAP_NET_BIND_SERVICE = 10;

    // Neither the capability nor the line changes under a running process; asking the kernel for each port would read two files a time.
    private static readonly int First = ReadFirst();

    /// <summary>By capability, or because the kernel draws the line below <paramref name="port"/> (net.ipv4.ip_unprivileged_port_start).</summary>
    public static bool MayBind(int port) => port >= First;

    private static int ReadFirst()
    {
        try
        {
            var effective = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
            var mask = ulong.Parse(effective.AsSpan("CapEff:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if ((mask >> CAP_NET_BIND_SERVICE & 1) == 1)
            {
                return 0;
            }

            return int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start"), CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or FormatException or InvalidOperationException)
        {
            return int.MaxValue;
        }
    }
}
