using System.Collections.Immutable;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Model.Discovery;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Conformance;

/// <summary>Names are built step by step and must end where one step would.</summary>
public sealed class DiscoveryTableTests
{
    private static readonly ImmutableArray<string> Namespaces = ["a", "b"];
    private static readonly ImmutableArray<string> Addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1"];

    [Fact]
    public void Names_made_step_by_step_end_where_those_made_at_once_do()
    {
        var seed = TestSeed.Choose();
        for (var i = 0; i < 200; i++)
        {
            var random = seed.Generator(i);
            var translator = Translator(discovery: true);
            var objects = ObjectSet.Empty;
            for (var step = random.Next(1, 12); step > 0; step--)
            {
                objects = Change(objects, random);
                translator.Apply(objects);
            }

            var atOnce = Translator(discovery: true).Apply(objects);

            Assert.True(Describe(atOnce.Discovery).SequenceEqual(Describe(translator.Snapshot.Discovery)), seed.Describe(i));
        }
    }

    [Fact]
    public void A_changed_slice_rebuilds_the_names_of_one_service()
    {
        var translator = Translator(discovery: true);
        var objects = ObjectSet.Empty with
        {
            Services = Of(Headless("a", "one"), Headless("a", "two")),
            EndpointSlices = Of(Slice("a", "one", ready: true, "10.0.0.1"), Slice("a", "two", ready: true, "10.0.0.2")),
        };
        var before = translator.Apply(objects).Discovery;

        var after = translator.Apply(objects with { EndpointSlices = objects.EndpointSlices.SetItem(new NamespacedName("a", "two"), Slice("a", "two", ready: true, "10.0.0.3")) }).Discovery;

        Assert.Same(before.Services[new NamespacedName("a", "one")], after.Services[new NamespacedName("a", "one")]);
        Assert.Equal("10-0-0-3", Assert.Single(after.Services[new NamespacedName("a", "two")].Endpoints).Name);
        Assert.DoesNotContain(IpAddr.Parse("10.0.0.2"), after.Owners);
    }

    [Fact]
    public void PublishNotReadyAddresses_counts_unready_endpoints_of_any_slice_as_ready()
    {
        var early = Headless("a", "early");
        early.Spec.PublishNotReadyAddresses = true;
        var objects = ObjectSet.Empty with
        {
            Services = Of(early, Headless("a", "late")),
            EndpointSlices = Of(Slice("a", "early", ready: false, "10.0.0.1"), Slice("a", "late", ready: false, "10.0.0.1")),
        };

        var names = Translator(discovery: true).Apply(objects).Discovery;

        Assert.Single(names.Services[new NamespacedName("a", "early")].Endpoints);
        Assert.Empty(names.Services[new NamespacedName("a", "late")].Endpoints);
    }

    [Fact]
    public void Nobody_pays_for_names_who_did_not_ask_for_them() =>
        Assert.Same(DiscoveryTable.Empty, Translator(discovery: false).Apply(ObjectSet.Empty with { Services = Of(Headless("a", "one")) }).Discovery);

    private static SnapshotTranslator Translator(bool discovery) =>
        new(new TranslationOptions { Node = new LocalNode { Name = "n1" }, Discovery = discovery }, TimeProvider.System);

    /// <summary>Sets or removes one object, over few names and addresses so that they meet often.</summary>
    private static ObjectSet Change(ObjectSet objects, Random random)
    {
        var ns = Namespaces[random.Next(Namespaces.Length)];
        var text = $"s{random.Next(2)}";
        var name = new NamespacedName(ns, text);
        var address = Addresses[random.Next(Addresses.Length)];
        var remove = random.Next(3) == 0;
        return random.Next(4) switch
        {
            0 => objects with { Services = remove ? objects.Services.Remove(name) : objects.Services.SetItem(name, random.Next(2) == 0 ? Headless(ns, text) : WithAddress(ns, text, address)) },
            1 => objects with { EndpointSlices = remove ? objects.EndpointSlices.Remove(name) : objects.EndpointSlices.SetItem(name, Slice(ns, $"s{random.Next(2)}", ready: random.Next(4) > 0, address, text)) },
            2 => objects with { Pods = remove ? objects.Pods.Remove(name) : objects.Pods.SetItem(name, APod(ns, text, address)) },
            _ => objects with { Namespaces = remove ? objects.Namespaces.Remove(new NamespacedName("", ns)) : objects.Namespaces.SetItem(new NamespacedName("", ns), new Namespace { Metadata = { Name = ns } }) },
        };
    }

    private static Service Headless(string ns, string name) => WithAddress(ns, name, "None");

    private static Service WithAddress(string ns, string name, string address) =>
        new() { Metadata = { Namespace = ns, Name = name }, Spec = { ClusterIP = address, Ports = [new ServicePortSpec { Name = "p", Port = 80 }] } };

    private static EndpointSlice Slice(string ns, string service, bool ready, string address, string? name = null) => new()
    {
        Metadata = { Namespace = ns, Name = name ?? service, Labels = new Dictionary<string, string> { [EndpointSlice.ServiceNameLabel] = service } },
        AddressType = address.Contains(':', StringComparison.Ordinal) ? "IPv6" : "IPv4",
        Ports = [new EndpointPort { Name = "p", Port = 80 }],
        Endpoints = [new SliceEndpoint { Addresses = [address], Conditions = new EndpointConditions { Ready = ready } }],
    };

    private static Pod APod(string ns, string name, string address) =>
        new() { Metadata = { Namespace = ns, Name = name }, Status = new PodStatus { PodIPs = [new PodIP { Ip = address }] } };

    private static ImmutableDictionary<NamespacedName, T> Of<T>(params T[] objects)
        where T : KubernetesObject => objects.ToImmutableDictionary(item => item.Name);

    private static IEnumerable<string> Describe(DiscoveryTable table) =>
        table.Services.Values.Select(service => $"{service.Name} {string.Join(',', service.ClusterIPs)} {string.Join(',', service.Endpoints.Select(endpoint => $"{endpoint.Name}={endpoint.Address}"))}")
            .Concat(table.Owners.Select(entry => $"{entry.Key} is {string.Join(',', entry.Value)}"))
            .Concat(table.Namespaces.Select(entry => $"namespace {entry.Key} {entry.Value}"))
            .Concat(table.Pods.Select(entry => $"pod {entry.Key} {entry.Value}"))
            .Order(StringComparer.Ordinal);
}
