using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Api.Configuration;
using EdgeProxy.Testing.Api;

namespace EdgeProxy.Kubernetes.Tests.Api;

internal static class FakeApiServerClient
{
    /// <summary>A client of its own.</summary>
    public static ApiClient Connect(this FakeApiServer server) => new(new ApiConnection { Server = server.Address }, TimeProvider.System);
}
