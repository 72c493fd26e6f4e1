using System.Globalization;

namespace EdgeProxy.Transport;

/// <summary>How many local ports upstream UDP sockets may take.</summary>
/// <remarks>
/// A UDP socket that connects is given its port before the kernel looks at the destination (inet_autobind in net/ipv4/af_inet.c), so all
/// backends together share net.ipv4.ip_local_port_range, 28,232 ports as a rule, with every other process of the network namespace.
/// TCP is different: there each backend has the whole range.
/// </remarks>
public static class LocalPorts
{
    private const string RangeFile = "/proc/sys/net/ipv4/ip_local_port_range";
    private const int UsualCount = 60_999 - 32_768 + 1;

    /// <summary>Three quarters of the range: name lookups of the other processes need ports too.</summary>
    public static int ForUpstreams { get; } = ReadCount() / 4 * 3;

    private static int ReadCount()
    {
        try
        {
            var bounds = File.ReadAllText(RangeFile).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return int.Parse(bounds[1], CultureInfo.InvariantCulture) - int.Parse(bounds[0], CultureInfo.InvariantCulture) + 1;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            // No /proc, or a masked one.
            return UsualCount;
        }
    }
}
