using System.Globalization;

namespace EdgeProxy.Hosting;

/// <summary>What this process may do (capabilities(7)). It does not change under a running process.</summary>
internal static class Capabilities
{
    // linux/capability.h
    public const int NetBindService = 10;
    public const int NetAdmin = 12;
    public const int NetRaw = 13;

    private static readonly ulong Effective = Read();

    /// <summary>True when the capability of that number is in effect.</summary>
    public static bool Has(int capability) => ((Effective >> capability) & 1) == 1;

    private static ulong Read()
    {
        try
        {
            const string Prefix = "CapEff:";
            var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Prefix, StringComparison.Ordinal));
            return ulong.Parse(line.AsSpan(Prefix.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or FormatException or InvalidOperationException)
        {
            return 0;
        }
    }
}
