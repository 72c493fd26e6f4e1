using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Model.Routing;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Conformance;

/// <summary>tests/cases/ingress-paths: which Ingress rule wins. The rules are in the README beside the table.</summary>
public sealed class IngressPathCases
{
    private static readonly JsonElement Table = TestCases.ReadJson("ingress-paths/cases.json");

    public static TheoryData<string> Names => [.. Table.GetProperty("cases").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_expected_backend_is_chosen(string name)
    {
        var entry = Table.GetProperty("cases").EnumerateArray().Single(candidate => candidate.GetProperty("name").GetString() == name);
        var request = entry.GetProperty("request");
        var expect = entry.GetProperty("expect");
        var routes = Snapshot(entry.GetProperty("ingresses")).Routes;

        var (status, backend) = Ask(routes, request.GetProperty("host").GetString()!, request.GetProperty("path").GetString()!);

        Assert.True(
            (expect.GetProperty("backend").GetString(), expect.TryGetProperty("status", out var wanted) ? wanted.GetInt32() : (int?)null) == (backend, status),
            $"{name}: {expect.GetProperty("why").GetString()} — got backend '{backend}', status {status}");
    }

    [Fact]
    public void All_cases_are_here() => Assert.Equal(214, Table.GetProperty("cases").GetArrayLength());

    [Fact]
    public void The_order_in_which_ingresses_arrive_does_not_matter()
    {
        var random = new Random(7);
        foreach (var entry in Table.GetProperty("cases").EnumerateArray())
        {
            var request = entry.GetProperty("request");
            var host = request.GetProperty("host").GetString()!;
            var path = request.GetProperty("path").GetString()!;
            var ingresses = Ingresses(entry.GetProperty("ingresses")).ToArray();
            random.Shuffle(ingresses);

            // One by one, each in a snapshot of its own, and one of them taken away and put back.
            var translator = Translator();
            var objects = ObjectSet.Empty;
            foreach (var ingress in ingresses.Append(ingresses.FirstOrDefault()).OfType<Ingress>())
            {
                objects = objects with { Ingresses = objects.Ingresses.Remove(ingress.Name) };
                translator.Apply(objects);
                objects = objects with { Ingresses = objects.Ingresses.Add(ingress.Name, ingress) };
                translator.Apply(objects);
            }

            Assert.Equal(Ask(Snapshot(entry.GetProperty("ingresses")).Routes, host, path), Ask(translator.Snapshot.Routes, host, path));
        }
    }

    private static (int? Status, string? Backend) Ask(RouteTable routes, string host, string target)
    {
        if (!RequestPath.TryNormalize(target, out var path))
        {
            return ((int)HttpStatusCode.BadRequest, null);
        }

        return (null, routes.Find(HostName.Normalize(host), path)?.Backend?.Service.Name);
    }

    private static SnapshotTranslator Translator() =>
        new(new TranslationOptions { Node = new LocalNode { Name = "n1" }, ServeAllWithoutClasses = true }, TimeProvider.System);

    private static ProxySnapshot Snapshot(JsonElement ingresses) =>
        Translator().Apply(ObjectSet.Empty with { Ingresses = Ingresses(ingresses).ToImmutableDictionary(ingress => ingress.Name) });

    private static IEnumerable<Ingress> Ingresses(JsonElement ingresses) => ingresses.EnumerateArray().Select(entry => new Ingress
    {
        Kind = "Ingress",
        Metadata = new ObjectMeta
        {
            Name = entry.GetProperty("name").GetString(),
            Namespace = entry.GetProperty("namespace").GetString(),
            CreationTimestamp = entry.TryGetProperty("created", out var created) ? created.GetDateTimeOffset() : null,
        },
        Spec = new IngressSpec
        {
            DefaultBackend = entry.TryGetProperty("defaultBackend", out var fallback) ? Backend(fallback.GetString()!) : null,
            Rules = [.. Items(entry, "rules").Select(rule => new IngressRule
            {
                Host = Text(rule, "host"),
                Http = new HttpIngressRuleValue
                {
                    Paths = [.. Items(rule, "paths").Select(path => new HttpIngressPath
                    {
                        Path = Text(path, "path"),
                        PathType = Text(path, "pathType"),
                        Backend = Backend(path.GetProperty("backend").GetString()!),
                    })],
                },
            })],
        },
    });

    private static IEnumerable<JsonElement> Items(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var items) ? items.EnumerateArray() : [];

    private static string? Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static IngressBackend Backend(string service) =>
        new() { Service = new IngressServiceBackend { Name = service, Port = new ServiceBackendPort { Number = 80 } } };
}
