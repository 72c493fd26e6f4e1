using EdgeProxy.Transport.Interop;

namespace EdgeProxy.Transport.Tcp;

/// <summary>Coming from an address that is not ours: the client's, so that the backend sees it (IP_TRANSPARENT).</summary>
/// <remarks>
/// Needs CAP_NET_RAW or CAP_NET_ADMIN (ip(7) names only the latter; net/ipv4/ip_sockglue.c takes either). The backend's answers find their way
/// back only with the routes that docs/client-address.md describes.
/// </remarks>
internal static class TransparentSource
{
    /// <summary>Binds a socket that is to connect. 0, or the error number negated: EPERM without either capability.</summary>
    /// <param name="descriptor">A new socket of the address's family.</param>
    /// <param name="source">The address. Its port is not taken: the kernel picks one when it knows the backend too, so that all are usable with each.</param>
    public static int Bind(int descriptor, IpEndpoint source)
    {
        var result = NativeSocket.SetTransparent(descriptor, source.IsIPv6);
        if (result < 0)
        {
            return result;
        }

        // IPv6 sockets have this option at the level of IP too.
        _ = NativeSocket.SetOption(descriptor, Libc.IPPROTO_IP, Libc.IP_BIND_ADDRESS_NO_PORT, 1);
        return NativeSocket.Bind(descriptor, new IpEndpoint(source.Bits, port: 0, source.IsIPv6));
    }
}
