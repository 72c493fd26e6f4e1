using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.Hosting;

/// <summary>
/// Chooses the HTTP and HTTPS ports. What the user asked for is taken as it is; a default that cannot be bound gives way to another, which
/// is said in the log.
/// </summary>
internal static class ListenPorts
{
    /// <summary>The port to listen on: <paramref name="wanted"/>, any free one for 0, or the first default that can be bound.</summary>
    /// <param name="wanted">What the user asked for; null for the defaults.</param>
    /// <param name="defaults">In order of preference.</param>
    public static int Choose(int? wanted, params ReadOnlySpan<int> defaults)
    {
        if (wanted is > 0)
        {
            return wanted.Value;
        }

        if (wanted is null)
        {
            foreach (var port in defaults)
            {
                if (PrivilegedPorts.MayBind(port) && TryBind(port, out _))
                {
                    return port;
                }
            }
        }

        // The port is needed before anything listens: redirects name it.
        return TryBind(0, out var free) ? free : throw new IOException("There is no free port.");
    }

    private static bool TryBind(int port, out int bound)
    {
        var anyAddress = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        using var probe = new Socket(anyAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (anyAddress.AddressFamily == AddressFamily.InterNetworkV6)
            {
                probe.DualMode = true;
            }

            probe.Bind(new IPEndPoint(anyAddress, port));
            bound = ((IPEndPoint)probe.LocalEndPoint!).Port;
            return true;
        }
        catch (SocketException)
        {
            bound = 0;
            return false;
        }
    }
}
