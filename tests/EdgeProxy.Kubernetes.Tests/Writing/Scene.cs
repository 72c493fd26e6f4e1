using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using EdgeProxy.Kubernetes.Api;
using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Tests.Api;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Kubernetes.Writing;
using EdgeProxy.Model;
using EdgeProxy.Testing;
using EdgeProxy.Testing.Api;

namespace EdgeProxy.Kubernetes.Tests.Writing;

/// <summary>A cluster with one node, and a replica that knows of it what it knew at the last <see cref="Watch"/>.</summary>
internal sealed class Scene : IAsyncDisposable
{
    public const string Ingresses = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";
    public const string Services = "/api/v1/namespaces/default/services";
    public const string Pods = "/api/v1/namespaces/edge/pods";

    private readonly SnapshotTranslator _translator;
    private readonly Dictionary<string, KubernetesObject> _seen = new(StringComparer.Ordinal);

    private int _services;

    private Scene(FakeApiServer api)
    {
        Api = api;
        Client = api.Connect();
        _translator = new SnapshotTranslator(new TranslationOptions { Node = new LocalNode { Name = "n1" } }, Time);
        Node("n1", "192.0.2.1");
        api.Apply("/apis/networking.k8s.io/v1/ingressclasses", """{"kind": "IngressClass", "metadata": {"name": "edgeproxy"}, "spec": {"controller": "edgeproxy.io/ingress-controller"}}""");
    }

    public FakeApiServer Api { get; }

    public ApiClient Client { get; }

    public ManualTimeProvider Time { get; } = new();

    public RecordingLoggerFactory Log { get; } = new();

    public ClusterState State { get; private set; } = ClusterState.Empty;

    public bool IsLeader { get; set; } = true;

    public ClusterWriterOptions Options { get; set; } = new()
    {
        Election = new LeaderElectionOptions { Lease = new NamespacedName("edge", "edgeproxy-leader"), Identity = "edge-0_1" },
        NodeName = "n1",
    };

    public static async Task<Scene> OpenAsync() => new(await FakeApiServer.StartAsync());

    public void Node(string name, string address) =>
        Api.Apply("/api/v1/nodes", $$"""{"kind": "Node", "metadata": {"name": "{{name}}"}, "status": {"addresses": [{"type": "InternalIP", "address": "{{address}}"}]} }""");

    public void Pod(string name, string node, string ready = "True") => Api.Apply(Pods, $$"""
        {"kind": "Pod", "metadata": {"name": "{{name}}", "namespace": "edge", "labels": {"app": "edge", "pod-template-hash": "{{name}}"} },
         "spec": {"nodeName": "{{node}}"}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "{{ready}}"}]} }
        """);

    public void Ingress(string name, string service = "web", string className = "edgeproxy", string host = "", string metadata = "") => Api.Apply(Ingresses, $$$"""
        {"kind": "Ingress", "metadata": {"name": "{{{name}}}", "namespace": "default"{{{metadata}}} },
         "spec": {"ingressClassName": "{{{className}}}", "rules": [{"host": "{{{(host.Length > 0 ? host : name + ".example")}}}", "http": {"paths": [
           {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "{{{service}}}", "port": {"number": 80} } } }]} }]} }
        """);

    public void Service(string name, bool hasEndpoint = true, string? clusterIP = null)
    {
        var address = clusterIP ?? $"10.0.0.{++_services}";
        Api.Apply(Services, $$$"""
            {"kind": "Service", "metadata": {"name": "{{{name}}}", "namespace": "default"}, "spec": {"type": "ClusterIP", "clusterIP": "{{{address}}}", "clusterIPs": ["{{{address}}}"],
             "ipFamilies": ["IPv4"], "ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}]} }
            """);
        Endpoint(name, hasEndpoint);
    }

    public void Endpoint(string service, bool ready) => Api.Apply("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", $$$"""
        {"kind": "EndpointSlice", "metadata": {"name": "{{{service}}}-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "{{{service}}}"} }, "addressType": "IPv4",
         "ports": [{"name": "", "port": 8080, "protocol": "TCP"}], "endpoints": [{"addresses": ["10.1.0.1"], "conditions": {"ready": {{{(ready ? "true" : "false")}}}} }]}
        """);

    /// <summary>A Service of type LoadBalancer of our class.</summary>
    public void LoadBalancer(string name, int age = 0, string spec = "", string status = "", string className = "edgeproxy.io/lb", string port = """{"port": 80, "protocol": "TCP", "targetPort": 8080}""")
    {
        var loadBalancerClass = className.Length == 0 ? "" : $"\"loadBalancerClass\": \"{className}\",";
        Api.Apply(Services, $$$"""
            {"kind": "Service", "metadata": {"name": "{{{name}}}", "namespace": "default", "creationTimestamp": "2025-01-01T00:00:{{{age:00}}}Z"},
             "spec": {"type": "LoadBalancer", {{{loadBalancerClass}}} "clusterIPs": ["10.0.1.{{{++_services}}}"],
             "ipFamilies": ["IPv4"], "ports": [{{{port}}}] {{{spec}}} }, "status": {"loadBalancer": { {{{status}}} }, "conditions": [{"type": "x"}]} }
            """);
    }

    /// <summary>The addresses an Ingress shows in the API server.</summary>
    public string StatusOf(string ingress) => Status(Ingresses, ingress, "ip");

    /// <summary>The addresses a Service shows there.</summary>
    public string AddressesOf(string service) => Status(Services, service, "ip");

    /// <summary>Their ipMode.</summary>
    public string ModesOf(string service) => Status(Services, service, "ipMode");

    private string Status(string collection, string name, string field) => string.Join(' ', ((JsonArray?)Api.Find($"{collection}/{name}")?["status"]?["loadBalancer"]?["ingress"] ?? [])
        .Select(entry => (string?)entry![field] ?? (string?)entry["hostname"]));

    /// <summary>The watch catches up: objects that changed are new references, the others are not.</summary>
    public void Watch()
    {
        var objects = ObjectSet.Empty with
        {
            Ingresses = All("ingresses", ResourceJson.Default.Ingress),
            Services = All("services", ResourceJson.Default.Service),
            EndpointSlices = All("endpointslices", ResourceJson.Default.EndpointSlice),
            IngressClasses = All("ingressclasses", ResourceJson.Default.IngressClass),
            Secrets = All("secrets", ResourceJson.Default.Secret),
        };
        var snapshot = _translator.Apply(objects);
        State = new ClusterState(objects, snapshot, [.. _translator.Problems, .. ReferenceCheck.Find(objects, snapshot)]);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Log.Dispose();
        await Api.DisposeAsync();
    }

    private ImmutableDictionary<NamespacedName, T> All<T>(string plural, JsonTypeInfo<T> type)
        where T : KubernetesObject =>
        Api.All(plural).Select(json => json.ToJsonString()).Select(text =>
        {
            if (!_seen.TryGetValue(text, out var known))
            {
                _seen.Add(text, known = JsonSerializer.Deserialize(text, type)!);
            }

            return (T)known;
        }).ToImmutableDictionary(item => item.Name);
}
