using System.Net;
using EdgeProxy.Kubernetes.Api;

namespace EdgeProxy.Kubernetes.Writing;

/// <summary>Tells a server that cannot take writes now from one that refuses a certain one.</summary>
internal static class ServerTrouble
{
    /// <summary>Nothing when the refusal, a webhook's included, is about the one object: that must not hold up the rest.</summary>
    /// <exception cref="ApiException">No other write would fare better now.</exception>
    public static void ThrowIfAboutServer(this ApiResponse response)
    {
        if (response.Status is (int)HttpStatusCode.Unauthorized or (int)HttpStatusCode.TooManyRequests or >= (int)HttpStatusCode.BadGateway)
        {
            response.EnsureSuccess();
        }
    }
}
