using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace EdgeProxy.ClusterBenchmark;

/// <summary>Objects as a cluster has them, with the fields that nobody here reads: what kubectl remembers, who manages what, where endpoints come from.</summary>
internal static class ClusterObjects
{
    public const string Namespace = "edgeproxy-benchmark";
    public const string Probe = "probe";

    /// <summary>Whoever managed an object says so of each field.</summary>
    private const string Managed = """
        "managedFields":[{"manager":"kubectl-client-side-apply","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1",
        "fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{} },"f:labels":{".":{},"f:app":{},"f:tier":{} } },"f:spec":{".":{},"f:rules":{},"f:ports":{} } } }]
        """;

    /// <summary>An address of this host that an API server takes for an endpoint's, which a loopback one is not.</summary>
    public static IPAddress Address { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .Where(each => each.OperationalStatus == OperationalStatus.Up && each.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(each => each.GetIPProperties().UnicastAddresses)
        .Select(each => each.Address)
        .First(each => each.AddressFamily == AddressFamily.InterNetwork);

    public static string IngressClass => """
        {"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"edgeproxy"},"spec":{"controller":"edgeproxy.io/ingress-controller"} }
        """;

    public static string Name(int index) => Text($"service-{index}");

    /// <param name="name">Its name.</param>
    /// <param name="clusterIP">Its address; null lets the server choose.</param>
    public static string Service(string name, string? clusterIP)
    {
        var address = clusterIP is null ? "" : $"\"clusterIP\":\"{clusterIP}\",\"clusterIPs\":[\"{clusterIP}\"],\"ipFamilies\":[\"IPv4\"],";
        return $$"""
            {"apiVersion":"v1","kind":"Service",{{Metadata(name)}},
            "spec":{"type":"ClusterIP",{{address}}"selector":{"app":"{{name}}"},"ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":8080}]} }
            """;
    }

    public static string Ingress(string name) => $$"""
            {"apiVersion":"networking.k8s.io/v1","kind":"Ingress",{{Metadata(name)}},
            "spec":{"ingressClassName":"edgeproxy","rules":[{"host":"{{name}}.example.com","http":{"paths":[{{Path(name, "/", "Prefix")}},{{Path(name, "/api", "Prefix")}},
            {{Path(name, "/api/v1/users", "Prefix")}},{{Path(name, "/health", "Exact")}}]} }]} }
            """;

    /// <summary>Endpoints nobody has, of the Service with this number; the last ones of them are missing.</summary>
    public static string Slice(int index, int endpoints, int missing) => Slice(
        Name(index),
        8080,
        Enumerable.Range(index * endpoints, endpoints - missing).Select(number => new IPAddress([10, (byte)(128 + (number >> 16)), (byte)(number >> 8), (byte)number])));

    public static string Slice(string service, int port, IEnumerable<IPAddress> addresses)
    {
        var endpoints = addresses.Select((address, index) => $$"""
            {"addresses":["{{address}}"],"conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"node-{{index % 2}}","zone":"zone-{{index % 2}}",
            "targetRef":{"kind":"Pod","namespace":"{{Namespace}}","name":"{{service}}-5d78c9869d-{{index}}","uid":"8f2c6b1e-0d7a-4f0e-9a43-0123456789ab"} }
            """);
        return $$"""
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice",{{Metadata($"{service}-x", Text($",\"kubernetes.io/service-name\":\"{service}\""))}},"addressType":"IPv4",
            "ports":[{"name":"http","port":{{port}},"protocol":"TCP"}],"endpoints":[{{string.Join(',', endpoints)}}]}
            """;
    }

    private static string Path(string service, string path, string type) =>
        $$"""{"path":"{{path}}","pathType":"{{type}}","backend":{"service":{"name":"{{service}}","port":{"name":"http"} } } }""";

    private static string Metadata(string name, string labels = "") => $$"""
        "metadata":{"name":"{{name}}","namespace":"{{Namespace}}","labels":{"app":"{{name}}","tier":"web"{{labels}} },"annotations":{
        "kubectl.kubernetes.io/last-applied-configuration":"{{new string('x', 300)}}"},{{Managed}} }
        """;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
