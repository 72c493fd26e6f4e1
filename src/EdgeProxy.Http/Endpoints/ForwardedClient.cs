using EdgeProxy.Model;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Endpoints;

/// <summary>Who asks when a believed proxy stands in between: what its forwarded headers say, as far as they are to be believed.</summary>
internal static class ForwardedClient
{
    /// <summary>
    /// The client of a request. Of the addresses a header lists only the last one was written by somebody believed; going back, each that is a
    /// believed sender itself vouches for the one before (nginx: real_ip_recursive).
    /// </summary>
    public static ClientConnection Of(ClientConnection connection, ForwardedHeadersPolicy policy, IHeaderDictionary headers)
    {
        if (!policy.Trusts(connection.Endpoint.Address))
        {
            return connection;
        }

        var address = Address(headers[policy.ForHeader].ToString(), policy) ?? connection.Endpoint.Address;
        var client = connection with
        {
            Endpoint = address == connection.Endpoint.Address ? connection.Endpoint : new EndpointAddress(address, 0),
            AddressText = address.ToString(),
            Chain = policy.KeepsChain ? Chain(headers[policy.ForHeader].ToString(), connection.AddressText) : null,
        };
        if (policy.AddressOnly)
        {
            return client;
        }

        var scheme = Last(headers["X-Forwarded-Proto"].ToString());
        var isHttps = scheme.Equals("https", StringComparison.OrdinalIgnoreCase) || (connection.IsHttps && !scheme.Equals("http", StringComparison.OrdinalIgnoreCase));
        var port = Last(headers["X-Forwarded-Port"].ToString());
        var host = Last(headers[policy.HostHeader].ToString());
        return client with
        {
            IsHttps = isHttps,
            Port = IsPort(port) ? port : isHttps == connection.IsHttps ? connection.Port : isHttps ? "443" : "80",
            Host = host.Length > 0 && !host.AsSpan().ContainsAnyExceptInRange('!', '~') ? host : null,
        };
    }

    private static IpAddr? Address(string list, ForwardedHeadersPolicy policy)
    {
        IpAddr? client = null;
        var rest = list.AsSpan();
        while (!rest.IsEmpty)
        {
            var comma = rest.LastIndexOf(',');
            if (!IpAddr.TryParse(WithoutPort(rest[(comma + 1)..].Trim()), out var address))
            {
                break; // who wrote this is not to be believed further back
            }

            client = address;
            if (comma < 0 || !policy.Trusts(address))
            {
                break;
            }

            rest = rest[..comma];
        }

        return client;
    }

    /// <summary>Some balancers write <c>192.0.2.1:4711</c> or <c>[2001:db8::1]:4711</c>.</summary>
    private static ReadOnlySpan<char> WithoutPort(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("["))
        {
            var end = text.IndexOf(']');
            return end < 0 ? text : text[1..end];
        }

        var colon = text.IndexOf(':');
        return colon > 0 && colon == text.LastIndexOf(':') ? text[..colon] : text;
    }

    private static string Chain(string list, string sender) => list.Length == 0 ? sender : $"{list}, {sender}";

    private static string Last(string list)
    {
        var comma = list.LastIndexOf(',');
        return list[(comma + 1)..].Trim();
    }

    private static bool IsPort(string text) => text.Length is > 0 and <= 5 && text.All(char.IsAsciiDigit);
}
