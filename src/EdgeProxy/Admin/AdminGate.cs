using System.Net;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Admin;

/// <summary>
/// Who may ask the admin port. With a token whoever has it; without one everybody who can reach it may read, and this machine may change things.
/// Web pages of others never may: a browser on this machine, or on one that reaches it, must not be their way in.
/// </summary>
/// <param name="token">The secret; null: none is asked for.</param>
internal sealed class AdminGate(AdminToken? token)
{
    /// <summary>Null when the request may go on; else the status and the text of the answer.</summary>
    public (int Status, string Text)? Refuse(HttpContext context)
    {
        var request = context.Request;
        if (request.Path.Value is "/healthz" or "/readyz")
        {
            // Probes have whatever Host they like, and learn nothing that could be of use.
            return null;
        }

        if (!IsOwnOrigin(request))
        {
            return (StatusCodes.Status403Forbidden, "web pages of other origins may not ask");
        }

        if (token is not null)
        {
            if (AdminPage.Has(request.Path.Value) || token.IsIn(request.Headers.Authorization.ToString()))
            {
                return null;
            }

            context.Response.Headers.WWWAuthenticate = "Bearer";
            return (StatusCodes.Status401Unauthorized, "unauthorized");
        }

        if (!IsPlainName(request.Host.Host))
        {
            return (StatusCodes.Status403Forbidden, "ask by IP address or as localhost; by other names only with --admin-token-file");
        }

        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        return isRead || context.Connection.RemoteIpAddress is not { } client || IPAddress.IsLoopback(client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client)
            ? null
            : (StatusCodes.Status403Forbidden, "changes are for this machine only, unless there is a --admin-token-file");
    }

    /// <summary>A browser tells whose page asks. What is no browser does not.</summary>
    private static bool IsOwnOrigin(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site is "cross-site" or "same-site" && request.Headers["Sec-Fetch-Mode"].ToString() != "navigate")
        {
            return false;
        }

        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority.Equals(Authority(request.Host, uri), StringComparison.OrdinalIgnoreCase));
    }

    private static string Authority(HostString host, Uri origin) => Uri.TryCreate($"{origin.Scheme}://{host.Value}", UriKind.Absolute, out var own) ? own.Authority : "";

    /// <summary>
    /// False for a name that somebody out there could have lead here (DNS rebinding). Names without a dot and those of Services inside a cluster
    /// are nobody's to register (RFC 6761 §6.3 for localhost).
    /// </summary>
    private static bool IsPlainName(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out _)
        || !host.TrimEnd('.').Contains('.', StringComparison.Ordinal)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".svc", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".cluster.local", StringComparison.OrdinalIgnoreCase);
}
