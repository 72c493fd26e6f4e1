using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace EdgeProxy.Http.Endpoints;

/// <summary>Opens listening sockets as Kestrel does, but says clearly why one cannot be opened.</summary>
internal static class ListenSocket
{
    /// <summary>Binds a socket.</summary>
    /// <exception cref="ListenException">The port is taken or not permitted, or the address is not ours.</exception>
    public static Socket Bind(EndPoint endPoint)
    {
        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }
        catch (SocketException error) when (endPoint is IPEndPoint wanted && Advice(error.SocketErrorCode, wanted) is { } advice)
        {
            throw new ListenException($"Cannot listen on {wanted}: {advice}", wanted, error);
        }
    }

    /// <summary>
    /// What to do about an error; null passes it on as it is: for "any" without IPv6 Kestrel then falls back to IPv4, which it would not do for ours.
    /// </summary>
    internal static string? Advice(SocketError error, IPEndPoint endPoint) => error switch
    {
        SocketError.AddressAlreadyInUse => "another process has this port. Stop that process, or set another port.",
        SocketError.AccessDenied => "not permitted. Ports below 1024 need the capability NET_BIND_SERVICE (or a lower sysctl "
            + "net.ipv4.ip_unprivileged_port_start); or set a port from 1024 up.",
        _ when endPoint.Address.Equals(IPAddress.IPv6Any) => null,
        SocketError.AddressNotAvailable => "this host does not have the address. Set one it has, or none to listen on all.",
        SocketError.AddressFamilyNotSupported => "this host has IPv6 switched off. Set an IPv4 address, or none to listen on all.",
        _ => $"{error}.",
    };
}
