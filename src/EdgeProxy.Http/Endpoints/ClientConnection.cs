using System.Globalization;
using System.Net;
using EdgeProxy.Model;
using Microsoft.AspNetCore.Connections;

namespace EdgeProxy.Http.Endpoints;

/// <summary>What all requests of one client connection share, worked out once when it is accepted; a feature of the connection.</summary>
/// <param name="Endpoint">The client.</param>
/// <param name="Destination">The address it asked for.</param>
/// <param name="AddressText">The client, as written into headers; an IPv4-mapped address as IPv4.</param>
/// <param name="IsHttps">Came in by the HTTPS listener.</param>
/// <param name="Port">The listener's port, as endpoints are told.</param>
internal sealed record ClientConnection(EndpointAddress Endpoint, IpAddr Destination, string AddressText, bool IsHttps, string Port)
{
    /// <summary>The host the client asked a believed proxy for; null: what the request says.</summary>
    public string? Host { get; init; }

    /// <summary>X-Forwarded-For as endpoints get it, when it is more than the client; else null.</summary>
    public string? Chain { get; init; }

    /// <summary>What tells the client that it may use HTTP/3; null: it may not.</summary>
    public string? AltSvc { get; init; }

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public string Scheme => IsHttps ? "https" : "http";

    /// <summary>Describes a connection that was just accepted.</summary>
    /// <remarks>A client behind a load balancer sees 443 whatever we listen on, so that is what endpoints are told (as ingress-nginx does).</remarks>
    public static ClientConnection Of(BaseConnectionContext connection, bool https, int redirectPort) =>
        Of(connection.RemoteEndPoint, connection.LocalEndPoint, https, redirectPort);

    /// <summary>The same, by its ends.</summary>
    public static ClientConnection Of(EndPoint? remoteEndPoint, EndPoint? localEndPoint, bool https, int redirectPort)
    {
        var client = remoteEndPoint is IPEndPoint remote ? EndpointAddress.From(remote) : default;
        var local = localEndPoint is IPEndPoint own ? EndpointAddress.From(own) : default;
        var port = https && redirectPort == 443 ? 443 : local.Port;
        return new ClientConnection(client, local.Address, client.Address.ToString(), https, port.ToString(CultureInfo.InvariantCulture));
    }
}
