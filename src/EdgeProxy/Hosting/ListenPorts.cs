using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace EdgeProxy.Hosting;

/// <summary>
/// Chooses where HTTP and HTTPS listen. What the user asked for is taken as it is; a default port that cannot be bound gives way to another,
/// which is said in the log.
/// </summary>
internal static class ListenPorts
{
    private const int Attempts = 20;

    /// <summary>
    /// Every address of this host that can be bound, one by one. Never the wildcard: it would take the port on every cluster IP too, and
    /// no Service could then be served there under the same number.
    /// </summary>
    /// <param name="vipInterface">Has addresses of Services, which are left out.</param>
    public static ImmutableArray<IPAddress> DefaultAddresses(string vipInterface) =>
        [.. HostAddresses.All(vipInterface).Select(address => address.ToIPAddress()).Where(address => TryBind(address, 0, out _))];

    /// <summary>The port to listen on: <paramref name="wanted"/>, any free one for 0, or the first default that can be bound.</summary>
    /// <param name="addresses">The addresses it must be free on.</param>
    /// <param name="wanted">What the user asked for; null for the defaults.</param>
    /// <param name="defaults">In order of preference.</param>
    /// <exception cref="IOException">No port is free.</exception>
    public static int Choose(ImmutableArray<IPAddress> addresses, int? wanted, params ReadOnlySpan<int> defaults)
    {
        if (wanted is > 0)
        {
            return wanted.Value;
        }

        if (wanted is null)
        {
            foreach (var port in defaults)
            {
                if (PrivilegedPorts.MayBind(port) && IsFree(addresses, port))
                {
                    return port;
                }
            }
        }

        // The port is needed before anything listens: redirects name it.
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (TryBind(addresses[0], 0, out var free) && IsFree(addresses, free))
            {
                return free;
            }
        }

        throw new IOException("There is no free port.");
    }

    private static bool IsFree(ImmutableArray<IPAddress> addresses, int port) => addresses.All(address => TryBind(address, port, out _));

    private static bool TryBind(IPAddress address, int port, out int bound)
    {
        bound = 0;
        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(address, port));
            bound = ((IPEndPoint)probe.LocalEndPoint!).Port;
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
