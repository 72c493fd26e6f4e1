using System.Globalization;

namespace EdgeProxy.Model.Scheduling;

/// <summary>An address as ASCII text in a buffer, for hashes that are defined over text. IPv4 costs no garbage.</summary>
internal static class ClientText
{
    /// <summary>The longest IPv6 address, with an IPv4 tail.</summary>
    public const int MaxLength = 45;

    /// <summary>Writes the address; returns the length.</summary>
    public static int Write(IpAddr address, Span<byte> destination)
    {
        int written;
        if (address.IsIPv6)
        {
            address.ToIPAddress().TryFormat(destination, out written);
            return written;
        }

        var length = 0;
        for (var shift = 24; shift >= 0; shift -= 8)
        {
            ((byte)(address.Bits >> shift)).TryFormat(destination[length..], out written, default, CultureInfo.InvariantCulture);
            length += written;
            if (shift > 0)
            {
                destination[length++] = (byte)'.';
            }
        }

        return length;
    }
}
