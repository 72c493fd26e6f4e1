using System.Globalization;

namespace EdgeProxy.Transport.Addresses;

/// <summary>net.ipv4.conf.*, ip-sysctl.txt.</summary>
internal static class InterfaceSetting
{
    private const string Folder = "/proc/sys/net/ipv4/conf";

    /// <summary>Interfaces, and "all" and "default".</summary>
    public static IEnumerable<string> Interfaces() => Directory.Exists(Folder) ? Directory.EnumerateDirectories(Folder).Select(path => Path.GetFileName(path)) : [];

    /// <summary>A setting of one of them.</summary>
    public static int Read(string networkInterface, string setting)
    {
        try
        {
            return int.Parse(File.ReadAllText(Path.Combine(Folder, networkInterface, setting)), CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            // An interface that is gone by now, or a kernel that does not say: its default.
            return 0;
        }
    }
}
