using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies;

/// <summary>What the controller's ConfigMap asks of every request, whatever its route.</summary>
internal static class GlobalPolicies
{
    /// <summary>block-cidrs, block-user-agents and block-referers: true when the request is to be answered 403, on whatever host.</summary>
    public static bool Block(Exchange exchange, HttpSettings settings)
    {
        if (!settings.BlocksAnybody)
        {
            return false;
        }

        var headers = exchange.Http.Request.Headers;
        return settings.BlockedClients.Any(range => range.Contains(exchange.Client.Endpoint.Address))
            || settings.BlockedUserAgents.Any(pattern => pattern.IsMatch(headers.UserAgent.ToString()))
            || settings.BlockedReferers.Any(pattern => pattern.IsMatch(headers.Referer.ToString()));
    }

    /// <summary>add-headers and hide-headers, on the head of every answer of an endpoint; our own get what is added.</summary>
    public static void ChangeAnswer(HttpSettings settings, HttpResponse response)
    {
        foreach (var name in settings.HiddenHeaders)
        {
            response.Headers.Remove(name);
        }

        foreach (var (name, value) in settings.ResponseHeaders)
        {
            response.Headers[name] = value;
        }
    }
}
