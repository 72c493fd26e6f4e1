using System.Globalization;

namespace EdgeProxy.Kubernetes.Tests.Api;

/// <summary>Objects as an API server gives them, defaulted and with addresses.</summary>
internal static class Objects
{
    public static string Service(string name, string clusterIP = "10.96.0.10", string ns = "default") => $$"""
        {"metadata":{"name":"{{name}}","namespace":"{{ns}}"},"spec":{"type":"ClusterIP","clusterIP":"{{clusterIP}}","clusterIPs":["{{clusterIP}}"],"ipFamilies":["IPv4"],
        "ipFamilyPolicy":"SingleStack","sessionAffinity":"None","internalTrafficPolicy":"Cluster","ports":[{"port":80,"protocol":"TCP","targetPort":8080}]} }
        """;

    public static string Slice(string service, int port, params string[] addresses) => $$"""
        {"metadata":{"name":"{{service}}-x","namespace":"default","labels":{"kubernetes.io/service-name":"{{service}}"} },"addressType":"IPv4",
        "ports":[{"name":"","port":{{port.ToString(CultureInfo.InvariantCulture)}},"protocol":"TCP"}],
        "endpoints":[{{string.Join(',', addresses.Select(address => $$"""{"addresses":["{{address}}"],"conditions":{"ready":true} }"""))}}]}
        """;

    public static string Endpoints(string service, int port, string address) => $$"""
        {"metadata":{"name":"{{service}}","namespace":"default"},
        "subsets":[{"addresses":[{"ip":"{{address}}"}],"ports":[{"port":{{port.ToString(CultureInfo.InvariantCulture)}},"protocol":"TCP"}]}]}
        """;

    public static string Ingress(string name, string host, string service, string? secret = null, string? className = "edgeproxy", string annotations = "{}") => $$"""
        {"metadata":{"name":"{{name}}","namespace":"default","annotations":{{annotations}}},"spec":{ {{(className is null ? "" : $"\"ingressClassName\":\"{className}\",")}}
        {{(secret is null ? "" : $$""" "tls":[{"hosts":["{{host}}"],"secretName":"{{secret}}"}],""")}}
        "rules":[{"host":"{{host}}","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"{{service}}","port":{"number":80} } } }]} }]} }
        """;

    public static string IngressClass(string name, string controller = "edgeproxy.io/ingress-controller") =>
        $$"""{"metadata":{"name":"{{name}}"},"spec":{"controller":"{{controller}}"} }""";

    public static string Secret(string name) => $$"""{"metadata":{"name":"{{name}}","namespace":"default"},"type":"Opaque","data":{"k":"dg=="} }""";

    public static string ConfigMap(string name, string key, string value) =>
        $$"""{"metadata":{"name":"{{name}}","namespace":"default"},"data":{"{{key}}":"{{value}}"} }""";
}
