using EdgeProxy.Model;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>Short ways to write Services and Ingresses.</summary>
internal static class Objects
{
    public const string Host = "app.example.com";

    public static NamespacedName Name(string name) => new("default", name);

    /// <summary>A Service with port 80, called <c>http</c>.</summary>
    public static ServiceConfig Service(string name, params EndpointAddress[] endpoints) => Service(name, appProtocol: null, endpoints);

    public static ServiceConfig Service(string name, string? appProtocol, params EndpointAddress[] endpoints) => new()
    {
        Name = Name(name),
        Ports =
        [
            new ServicePortConfig
            {
                Name = "http",
                Port = 80,
                AppProtocol = appProtocol,
                Endpoints = [.. endpoints.Select(address => new Endpoint { Address = address })],
            },
        ],
    };

    /// <summary>A Prefix path of one host that goes to port 80 of a Service.</summary>
    public static IngressConfig Ingress(
        string service, string host = Host, string path = "/", string? rewrite = null, bool sslRedirect = false, string? secret = null) => new()
        {
            Name = Name(service + host),
            Rules = [new IngressRuleConfig(host, [new IngressPathConfig(path, PathType.Prefix, new BackendReference(Name(service), null, 80))])],
            Tls = secret is null ? [] : [new IngressTlsConfig([host], Name(secret))],
            RewriteTarget = rewrite,
            SslRedirect = sslRedirect,
        };
}
