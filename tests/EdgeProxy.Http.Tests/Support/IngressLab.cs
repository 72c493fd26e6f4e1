using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Http.Tests.Support;

/// <summary>
/// Manifests as a user writes them, taken the whole way: read, admitted, translated, published, and served on loopback. For tests of annotations
/// through real sockets without a process of their own.
/// </summary>
internal sealed class IngressLab : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edgeproxy-test-");
    private readonly ManifestSource _source;
    private readonly ManifestPipeline _pipeline;

    private IngressLab(TestProxy proxy, TranslationOptions options)
    {
        Proxy = proxy;
        _source = new ManifestSource([_folder.FullName], TimeProvider.System)
        {
            // What a test takes out is meant to be gone at once.
            Settle = new SettleTimes { Emptied = TimeSpan.Zero, Edited = TimeSpan.Zero, Replaced = TimeSpan.Zero },
        };
        _pipeline = new ManifestPipeline(new EmbeddedControlPlane(new ControlPlaneOptions()), new SnapshotTranslator(options, TimeProvider.System));
    }

    /// <summary>The frontend, and ways to talk to it.</summary>
    public TestProxy Proxy { get; }

    private string Configuration { get; init; } = "";

    /// <summary>Everything that is wrong with the manifests of the last <see cref="Write"/>.</summary>
    public IReadOnlyList<Problem> Problems { get; private set; } = [];

    /// <summary>The names that Ingresses lead to by Services of type ExternalName.</summary>
    public IReadOnlySet<string> ExternalNames => _pipeline.ExternalNames;

    /// <summary>Serves manifests. The Ingresses need no class; see <see cref="ServiceFor"/> and <see cref="IngressWith"/> for the usual ones.</summary>
    public static async Task<IngressLab> StartAsync(
        string manifests, Func<TranslationOptions, TranslationOptions>? translation = null, Action<HttpFrontendOptions>? http = null,
        TimeProvider? time = null, params (string Key, string Value)[] configuration)
    {
        var options = new TranslationOptions { Node = new LocalNode { Name = "node" }, ServeAllWithoutClasses = true };
        if (configuration.Length > 0)
        {
            options = options with { ConfigMap = new NamespacedName("default", "configuration") };
        }

        var lab = new IngressLab(await TestProxy.StartAsync(configure: http, time: time), translation?.Invoke(options) ?? options)
        {
            Configuration = configuration.Length == 0 ? "" : $"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: configuration}}\ndata:\n{string.Join('\n', configuration.Select(entry => $"  {entry.Key}: '{entry.Value}'"))}\n",
        };
        lab.Write(manifests);
        return lab;
    }

    /// <summary>Replaces all manifests; what changed is live when this returns.</summary>
    public void Write(string manifests)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "all.yaml"), manifests + Configuration);
        Apply();
    }

    /// <summary>Says what a name of an ExternalName Service means; live when this returns.</summary>
    public void Answer(string name, params IpAddr[] addresses) => Answer(_pipeline.ExternalAddresses.SetItem(name, [.. addresses]));

    /// <summary>Says what all names of ExternalName Services mean; live when this returns.</summary>
    public void Answer(ImmutableDictionary<string, ImmutableArray<IpAddr>> addresses)
    {
        _pipeline.ExternalAddresses = addresses;
        Apply();
    }

    private void Apply()
    {
        var loaded = _source.Load();
        var result = _pipeline.Apply(loaded.Objects, loaded.Problems);
        Problems = result.Problems;
        Proxy.Snapshots.Publish(result.Snapshot);
    }

    /// <summary>A Service with port 80 and its endpoints.</summary>
    public static string ServiceFor(string name, params EndpointAddress[] endpoints) => string.Create(CultureInfo.InvariantCulture, $$"""
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}}
        spec: {ports: [{name: http, port: 80}]}
        ---
        apiVersion: v1
        kind: Endpoints
        metadata: {name: {{name}}}
        subsets:
        {{string.Join("\n", endpoints.Select(endpoint => $"- {{addresses: [{{ip: {endpoint.Address}}}], ports: [{{name: http, port: {endpoint.Port}}}]}}"))}}

        """);

    /// <summary>An Ingress that sends <see cref="Objects.Host"/> and a path to a Service; annotations are written without prefix.</summary>
    public static string IngressWith(
        IEnumerable<(string Name, string Value)> annotations, string service = "web", string name = "web", string host = Objects.Host, string path = "/",
        string pathType = "Prefix", string extra = "") => $$"""
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: {{name}}
          annotations: { {{string.Join(", ", annotations.Select(entry => $"\"nginx.ingress.kubernetes.io/{entry.Name}\": \"{entry.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""))}} }
        spec:
          {{extra}}
          rules:
          - host: {{host}}
            http: {paths: [{path: "{{path}}", pathType: {{pathType}}, backend: {service: {name: {{service}}, port: {number: 80} } } }] }

        """;

    /// <summary>Problems of one annotation, in the order they were found.</summary>
    public IEnumerable<Problem> ProblemsOf(string annotation) =>
        Problems.Where(problem => problem.Field == $"metadata.annotations[nginx.ingress.kubernetes.io/{annotation}]");

    /// <summary>Asks by GET over a connection of its own.</summary>
    public async Task<HttpAnswer> GetAsync(string target, CancellationToken cancellationToken, string host = Objects.Host, string headers = "")
    {
        using var client = await Proxy.ConnectAsync(cancellationToken);
        return await client.AskAsync($"GET {target} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n", cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
