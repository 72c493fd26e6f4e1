using System.Globalization;
using EdgeProxy.Testing.Api;

namespace EdgeProxy.EndToEnd.Tests;

/// <summary>An API server in this process, and what the real program needs to be started with it. Owns the server and a folder.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edgeproxy-cluster-");

    private FakeCluster(FakeApiServer server)
    {
        Server = server;
        File.WriteAllText(Kubeconfig, $$"""
            {"current-context": "fake", "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"} }],
             "clusters": [{"name": "fake", "cluster": {"server": "{{server.Address}}"} }], "users": [{"name": "fake", "user": {"token": "t"} }]}
            """);
    }

    public FakeApiServer Server { get; }

    public string Kubeconfig => Path.Combine(_folder.FullName, "kubeconfig");

    /// <summary>A folder for --state-dir.</summary>
    public string StateDirectory => Path.Combine(_folder.FullName, "state");

    /// <summary>A cluster with a class of ours.</summary>
    public static async Task<FakeCluster> StartAsync()
    {
        var cluster = new FakeCluster(await FakeApiServer.StartAsync());
        cluster.Server.Set("ingressclasses", """{"metadata":{"name":"edgeproxy"},"spec":{"controller":"edgeproxy.io/ingress-controller"} }""");
        return cluster;
    }

    /// <summary>Starts <c>edgeproxy run</c> here; it writes no status and asks nobody who leads.</summary>
    public Task<EdgeProxyProcess> RunAsync(params string[] arguments) => EdgeProxyProcess.StartAsync(
        "run",
        ["--kubeconfig", Kubeconfig, "--state-dir", StateDirectory, "--listen-address", "127.0.0.1", "--leader-elect", "false", "--update-status", "false", .. arguments]);

    /// <summary>A Service, on a loopback address and this port, with endpoints on these ports of this host.</summary>
    public void SetService(string name, string clusterIP, int port, params int[] endpoints)
    {
        Server.Set("services", string.Create(CultureInfo.InvariantCulture, $$"""
            {"metadata":{"name":"{{name}}","namespace":"default","uid":"{{name}}"},"spec":{"type":"ClusterIP","clusterIP":"{{clusterIP}}","clusterIPs":["{{clusterIP}}"],
             "ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","sessionAffinity":"None","internalTrafficPolicy":"Cluster","ports":[{"port":{{port}},"protocol":"TCP"}]} }
            """));
        foreach (var (index, endpoint) in endpoints.Index())
        {
            SetSlice(name, index, endpoint);
        }
    }

    /// <summary>A slice of one endpoint.</summary>
    public void SetSlice(string service, int index, int port) => Server.Set("endpointslices", string.Create(CultureInfo.InvariantCulture, $$"""
        {"metadata":{"name":"{{service}}-{{index}}","namespace":"default","uid":"{{service}}-{{index}}","labels":{"kubernetes.io/service-name":"{{service}}"} },"addressType":"IPv4",
         "ports":[{"name":"","port":{{port}},"protocol":"TCP"}],"endpoints":[{"addresses":["127.0.0.1"],"conditions":{"ready":true} }]}
        """));

    /// <summary>An Ingress that sends a host to port 80 of a Service.</summary>
    public void SetIngress(string name, string host, string service, int port, string annotations = "", string? tlsSecret = null) => Server.Set("ingresses", string.Create(CultureInfo.InvariantCulture, $$"""
        {"metadata":{"name":"{{name}}","namespace":"default","uid":"{{name}}","annotations":{ {{annotations}} } },"spec":{"ingressClassName":"edgeproxy",
         {{(tlsSecret is null ? "" : $$""" "tls":[{"hosts":["{{host}}"],"secretName":"{{tlsSecret}}"}],""")}}
         "rules":[{"host":"{{host}}","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"{{service}}","port":{"number":{{port}}} } } }]} }]} }
        """));

    public void SetSecret(string name, string type, string data) =>
        Server.Set("secrets", $$"""{"metadata":{"name":"{{name}}","namespace":"default"},"type":"{{type}}","data":{{data}} }""");

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
