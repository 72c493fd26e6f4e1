namespace EdgeProxy.EndToEnd.Tests;

/// <summary>A folder of manifests that lives as long as a test.</summary>
internal sealed class ManifestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("edgeproxy-test-").FullName;

    /// <summary>Writes a file the careful way: aside, then renamed over the old one.</summary>
    public void Write(string name, string content)
    {
        var aside = System.IO.Path.Combine(Path, $".{name}.new");
        File.WriteAllText(aside, content);
        File.Move(aside, System.IO.Path.Combine(Path, name), overwrite: true);
    }

    /// <summary>Writes a file in place, as an editor that truncates does.</summary>
    public void Overwrite(string name, string content) => File.WriteAllText(System.IO.Path.Combine(Path, name), content);

    public void Delete(string name) => File.Delete(System.IO.Path.Combine(Path, name));

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>A Service without selector and its Endpoints.</summary>
    public static string Service(string name, int nodePort, params int[] backendPorts) => $"""
        apiVersion: v1
        kind: Service
        metadata: {"{"}name: {name}{"}"}
        spec:
          type: NodePort
          ports: [{"{"}port: 80, nodePort: {nodePort}{"}"}]
        ---
        apiVersion: v1
        kind: Endpoints
        metadata: {"{"}name: {name}{"}"}
        subsets:
        {string.Join('\n', backendPorts.Select(port => $"- {{addresses: [{{ip: 127.0.0.1}}], ports: [{{port: {port}}}]}}"))}
        """;

    /// <summary>An Ingress that sends one host to one Service.</summary>
    public static string Ingress(string name, string host, string service) => $"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {"{"}name: {name}{"}"}
        spec:
          rules:
          - host: {host}
            http:
              paths:
              - path: /
                pathType: Prefix
                backend: {"{"}service: {"{"}name: {service}, port: {"{"}number: 80{"}}}"}
        """;
}
