using System.Text;
using EdgeProxy.Kubernetes.Manifests;
using EdgeProxy.Kubernetes.Resources;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeProxy.Kubernetes.Tests.Manifests;

public sealed class ManifestReaderTests
{
    private static readonly string[] Documents =
    [
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {app: web}}\nspec:\n  ports:\n  - {name: http, port: 80, targetPort: http}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: shop\ndata:\n  a: |\n    one\n    two\n  b: 'quoted'\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: tls}\ntype: kubernetes.io/tls\ndata:\n  tls.crt: aGVsbG8=\nstringData: {key: geheim-42}\n",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  rules:\n  - host: a.example\n    http:\n      paths:\n      - path: /\n        pathType: Prefix\n        backend: {service: {name: web, port: {number: 80}}}\n",
        "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: old}\nspec:\n  backend: {serviceName: web, servicePort: 80}\n",
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1}\naddressType: IPv4\nendpoints:\n- addresses: &a [10.0.0.1]\n- addresses: *a\n  zone: z\n",
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nspec: {podCIDR: 10.0.0.0/24}\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: x}]}\n",
        "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"json\"}, \"spec\": {\"ports\": [{\"port\": 80}]}}\n",
    ];

    [Fact]
    public void A_list_and_separate_documents_give_the_same_objects() =>
        Prop.ForAll(
            Gen.ListOf(Gen.Elements(Documents)).ToArbitrary(),
            documents =>
            {
                var separate = ManifestReader.Read(string.Join("---\n", documents), "f");
                var list = ManifestReader.Read("apiVersion: v1\nkind: List\nitems:\n" + string.Concat(documents.Select(AsItem)), "f");

                Assert.Equal(separate.Items.Select(item => (item.Key, item.Digest)), list.Items.Select(item => (item.Key, item.Digest)));
                Assert.Equal(separate.Problems.Select(problem => problem.Message), list.Problems.Select(problem => problem.Message));
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Mutated_manifests_never_throw_and_never_tell_a_secret()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("EDGEPROXY_SEED"), out var given) ? given : Environment.TickCount;
        var random = new Random(seed);
        const string alphabet = "{}[]:,-?&*!|>'\"%@`#\n\t \\<~0xeuü\ud83d\u0085";
        for (var round = 0; round < 6000; round++)
        {
            var text = new StringBuilder(string.Join("---\n", Enumerable.Range(0, 3).Select(_ => Documents[random.Next(Documents.Length)])));
            for (var edits = random.Next(1, 6); edits > 0; edits--)
            {
                var at = random.Next(text.Length);
                switch (random.Next(4))
                {
                    case 0:
                        text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at - 1));
                        break;
                    case 1:
                        text.Insert(at, alphabet[random.Next(alphabet.Length)]);
                        break;
                    case 2:
                        text[at] = alphabet[random.Next(alphabet.Length)];
                        break;
                    default:
                        var from = random.Next(text.Length);
                        text.Insert(at, text.ToString(from, Math.Min(random.Next(20), text.Length - from)));
                        break;
                }
            }

            try
            {
                var content = ManifestReader.Read(text.ToString(), "f");
                _ = content.Objects.Select(subject => subject.Origin!.Locate("spec.ports[0].port")).ToList();
                Assert.DoesNotContain(content.Problems, problem => problem.Kind is null or "Secret" && problem.Message.Contains("geheim-42", StringComparison.Ordinal));
            }
            catch (Exception exception)
            {
                Assert.Fail($"EDGEPROXY_SEED={seed}, round {round}: {exception}\n{text}");
            }
        }
    }

    [Fact]
    public void Windows_line_ends_count_as_one_line()
    {
        var text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {ports: [\n {port: x}]}\n";

        var problem = Assert.Single(ManifestReader.Read(text.ReplaceLineEndings("\r\n"), "f").Problems);

        Assert.Equal((9, 3), (problem.Location!.Value.Line, problem.Location.Value.Column));
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("metadata.name", 4)]
    [InlineData("metadata.annotations[a.b/c.d]", 6)]
    [InlineData("metadata.annotations.a.b/c.d", 6)]
    [InlineData("spec.rules[1].host", 10)]
    [InlineData("spec.rules[1].http.paths[0].path", 13)]
    [InlineData("spec.rules[1].http.paths[0].backend.service.name", 14)]
    [InlineData("spec.rules[1].http.paths[0].backend.service.port.number", 15)]
    [InlineData("spec.rules[7].host", 8)]
    [InlineData("spec.tls[0]", 7)]
    [InlineData("spec.defaultBackend.service.name", 16)]
    [InlineData("status.x", 1)]
    public void Origin_finds_a_field_or_its_nearest_written_parent(string? field, int line)
    {
        const string text = """
            apiVersion: extensions/v1beta1
            kind: Ingress
            metadata:
              name: web
              annotations:
                a.b/c.d: x
            spec:
              rules:
              - host: a.example
              - host: b.example
                http:
                  paths:
                  - path: /
                    backend: {serviceName: web,
                              servicePort: 80}
              backend: {serviceName: web, servicePort: 80}
            """;

        var subject = Assert.Single(ManifestReader.Read(text, "f").Objects);

        Assert.Equal(line, subject.Origin!.Locate(field).Line);
    }

    [Fact]
    public void Half_characters_become_replacement_characters()
    {
        var content = ManifestReader.Read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: \"x\\ud800y\"}\n", "f");

        // Either is sound: an error of the document, or the value with U+FFFD as the API server would have it.
        Assert.True(content.Problems.Count == 1 || ((ConfigMap)content.Objects.Single()).Data!["k"].Contains('\ufffd', StringComparison.Ordinal));
    }

    [Fact]
    public void A_long_stream_is_read_in_reasonable_time()
    {
        var text = string.Concat(Enumerable.Range(0, 5000).Select(i => $"---\n{ManifestFolder.Service($"s{i}")}"));

        Assert.Equal(5000, ManifestReader.Read(text, "f").Objects.Count());
    }

    private static string AsItem(string document) =>
        "- " + string.Join("\n  ", document.TrimEnd('\n').Split('\n')) + "\n";
}
