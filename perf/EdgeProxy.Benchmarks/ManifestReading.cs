using System.Text;
using BenchmarkDotNet.Attributes;
using EdgeProxy.Kubernetes.Manifests;

namespace EdgeProxy.Benchmarks;

/// <summary>What does reading manifests cost, as YAML and as JSON?</summary>
[MemoryDiagnoser]
public class ManifestReading
{
    private string _yaml = "";
    private string _json = "";

    [Params(100)]
    public int Services { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var yaml = new StringBuilder();
        var json = new StringBuilder();
        for (var i = 0; i < Services; i++)
        {
            yaml.Append($"""
                apiVersion: v1
                kind: Service
                metadata:
                  name: service-{i}
                  labels: {"{"}app: web{"}"}
                spec:
                  selector: {"{"}app: web{"}"}
                  ports:
                  - name: http
                    port: 80
                    targetPort: 8080
                ---

                """);
            json.Append($$$"""
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "service-{{{i}}}", "labels": {"app": "web"}},
                 "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}

                """);
        }

        _yaml = yaml.ToString();
        _json = json.ToString();
    }

    [Benchmark]
    public ManifestContent Yaml() => ManifestReader.Read(_yaml, "services.yaml");

    [Benchmark]
    public ManifestContent Json() => ManifestReader.Read(_json, "services.json");
}
