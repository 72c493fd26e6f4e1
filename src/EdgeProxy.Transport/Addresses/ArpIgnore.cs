using System.Globalization;

namespace EdgeProxy.Transport.Addresses;

/// <summary>net.ipv4.conf.*.arp_ignore (ip-sysctl.txt): which ARP requests the kernel answers.</summary>
public static class ArpIgnore
{
    private const string Folder = "/proc/sys/net/ipv4/conf";

    /// <summary>
    /// True when requests that come in on this interface are answered for addresses of any interface: the larger of the interface's value
    /// and that for all is 0.
    /// </summary>
    public static bool IsOff(string networkInterface) => Read("all") == 0 && Read(networkInterface) == 0;

    private static int Read(string name)
    {
        try
        {
            return int.Parse(File.ReadAllText(Path.Combine(Folder, name, "arp_ignore")), CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            // An interface that is gone by now, or a kernel that does not say: its default.
            return 0;
        }
    }
}
