using System.Collections.Immutable;
using System.Text.Json;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Tests.Api;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Tests.Translation;

/// <summary>What becomes of objects that the translation trips over.</summary>
public sealed class TranslationFaultTests
{
    private static readonly NamespacedName Web = new("default", "web");
    private static readonly NamespacedName Other = new("default", "other");

    private readonly SnapshotTranslator _translator =
        new(new TranslationOptions { Node = new LocalNode { Name = "n1" }, Controllers = [], IngressClassByName = true }, TimeProvider.System);

    [Fact]
    public void An_object_that_throws_is_named_and_keeps_its_last_version_while_others_go_on()
    {
        var sound = Set([Service("web", "10.96.0.1")], [Ingress("web")]);
        _translator.Apply(sound);

        var broken = Set([new Service { Kind = "Service", Metadata = new ObjectMeta { Name = "web", Namespace = "default" }, Spec = new ServiceSpec { Ports = [null!] } }, Service("other", "10.96.0.2")], [Broken("web")]);
        var snapshot = _translator.Apply(broken);

        Assert.Equal("10.96.0.1", $"{snapshot.Services[Web].Config.ClusterIPs.Single()}");
        Assert.True(snapshot.Services.ContainsKey(Other));
        Assert.True(snapshot.Routes.Ingresses.ContainsKey(Web));
        Assert.Equal(["Ingress default/web", "Service default/web"], _translator.Faults.Select(fault => $"{fault.Kind} {fault.Name}").Order(StringComparer.Ordinal));
        Assert.Equal(2, _translator.Problems.Count(problem => problem is { Severity: ProblemSeverity.Error, Reason: ProblemReason.Fault }));

        _translator.Apply(Set([Service("web", "10.96.0.3")], [Ingress("web")]));
        Assert.Equal("10.96.0.3", $"{_translator.Snapshot.Services[Web].Config.ClusterIPs.Single()}");
        Assert.Empty(_translator.Faults);
        Assert.DoesNotContain(_translator.Problems, problem => problem.Reason == ProblemReason.Fault);
    }

    [Fact]
    public void A_change_that_throws_as_a_whole_is_made_good_by_the_next()
    {
        var first = Set([Service("web", "10.96.0.1")], []) with { EndpointSlices = Slices(Slice("10.0.0.1")) };
        _translator.Apply(first);

        // Two changes come together, one of which nobody can look at.
        var throwing = first with
        {
            Services = Set([Service("web", "10.96.0.1"), Service("other", "10.96.0.2")], []).Services,
            EndpointSlices = Slices(Slice("10.0.0.2")).Add(new("default", "null"), null!),
        };
        Assert.ThrowsAny<Exception>(() => _translator.Apply(throwing, new ObjectChanges { Services = [Other], EndpointSlices = [new("default", "web-x"), new("default", "null")] }));
        Assert.False(_translator.Snapshot.Services.ContainsKey(Other));

        // The next names only what it changed itself.
        var next = throwing with { EndpointSlices = Slices(Slice("10.0.0.2")) };
        var snapshot = _translator.Apply(next, new ObjectChanges { EndpointSlices = [new("default", "null")] });

        Assert.True(snapshot.Services.ContainsKey(Other));
        Assert.Equal("10.0.0.2:8080", $"{snapshot.Services[Web].Config.Ports.Single().Endpoints.Single().Address}");
        Assert.Same(next, _translator.Objects);
    }

    private static ObjectSet Set(IEnumerable<Service> services, IEnumerable<Ingress> ingresses) => new()
    {
        Services = services.ToImmutableDictionary(service => service.Name),
        Ingresses = ingresses.ToImmutableDictionary(ingress => ingress.Name),
    };

    private static ImmutableDictionary<NamespacedName, EndpointSlice> Slices(EndpointSlice slice) =>
        ImmutableDictionary<NamespacedName, EndpointSlice>.Empty.Add(slice.Name, slice);

    private static Service Service(string name, string address) => JsonSerializer.Deserialize(Objects.Service(name, address), ResourceJson.Default.Service)!;

    private static Ingress Ingress(string name) => JsonSerializer.Deserialize(Objects.Ingress(name, $"{name}.example.com", "web"), ResourceJson.Default.Ingress)!;

    private static Ingress Broken(string name)
    {
        var ingress = Ingress(name);
        ingress.Spec.Tls = [null!];
        return ingress;
    }

    private static EndpointSlice Slice(string address) => JsonSerializer.Deserialize(Objects.Slice("web", 8080, address), ResourceJson.Default.EndpointSlice)!;
}
