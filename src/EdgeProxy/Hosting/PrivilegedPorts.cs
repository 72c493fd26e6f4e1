using System.Globalization;

namespace EdgeProxy.Hosting;

/// <summary>Whether ports below 1024 may be bound.</summary>
internal static class PrivilegedPorts
{
    // The line does not change under a running process; asking the kernel for each port would read a file a time.
    private static readonly int First = ReadFirst();

    /// <summary>By capability, or because the kernel draws the line below <paramref name="port"/> (net.ipv4.ip_unprivileged_port_start).</summary>
    public static bool MayBind(int port) => port >= First;

    private static int ReadFirst()
    {
        if (Capabilities.Has(Capabilities.NetBindService))
        {
            return 0;
        }

        try
        {
            return int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start"), CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or FormatException)
        {
            return int.MaxValue;
        }
    }
}
