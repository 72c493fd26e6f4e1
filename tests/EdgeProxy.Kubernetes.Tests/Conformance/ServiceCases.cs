using System.Collections.Immutable;
using System.Text.Json;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Model.Eligibility;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Conformance;

/// <summary>tests/cases/services: which backends may serve a packet on a node, and what becomes of open flows.</summary>
public sealed class ServiceCases
{
    private static readonly JsonElement Table = TestCases.ReadJson("services/cases.json");

    private static readonly JsonSerializerOptions CamelCase = new(JsonSerializerDefaults.Web) { PropertyNameCaseInsensitive = false };

    public static TheoryData<string> Queries => NamesOf("query");

    public static TheoryData<string> Transitions => NamesOf("transition");

    public static TheoryData<string> HealthChecks => NamesOf("health");

    [Fact]
    public void No_case_is_of_an_unknown_kind() =>
        Assert.Equal(Table.GetProperty("cases").GetArrayLength(), Queries.Count + Transitions.Count + HealthChecks.Count);

    [Theory]
    [MemberData(nameof(Queries))]
    public void Query(string name)
    {
        var entry = Find(name);
        var query = entry.GetProperty("query");

        var snapshot = Translator(entry).Apply(Objects(entry, "objects"));
        var resolution = Ask(snapshot, query);

        AssertVerdict(entry, entry.GetProperty("expect"), resolution);

        // What the kernel is told to drop must be the same.
        var allowed = snapshot.ClientsOf(Destination(query));
        Assert.True(resolution.Verdict != Verdict.Forward || allowed is not null, "No listener.");
        Assert.True(allowed is null || allowed.Contains(Client(query)) == (resolution.Verdict != Verdict.Dropped), "The listener decides otherwise.");
    }

    [Theory]
    [MemberData(nameof(Transitions))]
    public void Transition(string name)
    {
        var entry = Find(name);
        var flow = entry.GetProperty("flow");
        var translator = Translator(entry);
        var bound = EndpointAddress.Parse(flow.GetProperty("backend").GetString());
        var before = Ask(translator.Apply(Objects(entry, "before")), flow);
        var backend = before.Candidates.Single(candidate => candidate.Address == bound);

        var after = translator.Apply(Objects(entry, "after"));

        AssertVerdict(entry, entry.GetProperty("expect").GetProperty("newFlow"), Ask(after, flow));
        Assert.Equal(entry.GetProperty("expect").GetProperty("existingFlow").GetString(), FateOf(after, before.ServicePort!, backend));
    }

    [Theory]
    [MemberData(nameof(HealthChecks))]
    public void HealthCheck(string name)
    {
        var entry = Find(name);
        var query = entry.GetProperty("query");
        var expect = entry.GetProperty("expect");
        var why = entry.GetProperty("why").GetString();
        var node = Nodes(entry).Single(candidate => candidate.Metadata.Name == entry.GetProperty("node").GetString());
        var address = new EndpointAddress(
            IpAddr.Parse(node.Status!.Addresses!.First(candidate => candidate.Type is "InternalIP").Address),
            query.GetProperty("healthCheckNodePort").GetUInt16());

        var health = Translator(entry).Apply(Objects(entry, "objects"))
            .HealthOf(new FrontendAddress(address, TransportProtocol.Tcp), query.GetProperty("proxyHealthy").GetBoolean());

        if (expect.TryGetProperty("verdict", out var verdict))
        {
            Assert.Equal("notOwned", verdict.GetString());
            Assert.True(health is null, why);
            return;
        }

        Assert.NotNull(health);
        Assert.Equal(expect.GetProperty("status").GetInt32(), health.IsHealthy ? 200 : 503);
        Assert.Equal(expect.GetProperty("localEndpoints").GetInt32(), health.LocalEndpoints);
        Assert.Equal(expect.GetProperty("serviceProxyHealthy").GetBoolean(), health.ProxyHealthy);
        Assert.Equal(expect.GetProperty("service").GetProperty("namespace").GetString(), health.Service.Namespace);
        Assert.Equal(expect.GetProperty("service").GetProperty("name").GetString(), health.Service.Name);
    }

    /// <summary>What an open flow does in the new snapshot: TCP is never cut; UDP asks whether its endpoint still serves.</summary>
    private static string FateOf(ProxySnapshot after, ServicePort port, Backend backend)
    {
        if (port.Name.Protocol == TransportProtocol.Tcp)
        {
            return "keep";
        }

        var current = after.Services.GetValueOrDefault(port.Name.Service)?.FindPort(port.Name.Port, port.Name.Protocol);
        return current is null ? "close" : current.StillServes(backend) ? "keep" : "rebind";
    }

    private static Resolution Ask(ProxySnapshot snapshot, JsonElement query) => snapshot.Resolve(Destination(query), Client(query));

    private static FrontendAddress Destination(JsonElement query) => new(
        EndpointAddress.Parse(query.GetProperty("dst").GetString()),
        query.GetProperty("proto").GetString() is "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp);

    private static IpAddr Client(JsonElement query) => IpAddr.Parse(query.GetProperty("client").GetString());

    private static void AssertVerdict(JsonElement entry, JsonElement expect, Resolution resolution)
    {
        var why = entry.GetProperty("why").GetString();
        var verdict = resolution.Verdict switch
        {
            Verdict.Forward => "forward",
            Verdict.Refused => "refused",
            Verdict.Dropped => "dropped",
            _ => "notOwned",
        };
        if (expect.TryGetProperty("verdictAnyOf", out var anyOf))
        {
            Assert.True(anyOf.EnumerateArray().Any(wanted => wanted.GetString() == verdict), $"got {verdict}: {why}");
            return;
        }

        Assert.True(expect.GetProperty("verdict").GetString() == verdict, $"got {verdict}: {why}");
        if (resolution.Verdict == Verdict.Forward)
        {
            Assert.Equal(
                expect.GetProperty("backends").EnumerateArray().Select(address => address.GetString()!).Order(StringComparer.Ordinal),
                resolution.Candidates.Select(backend => backend.ToString()).Order(StringComparer.Ordinal));
        }
    }

    private static SnapshotTranslator Translator(JsonElement entry)
    {
        var config = Table.GetProperty("config");
        JsonElement Config(string key) => entry.TryGetProperty("config", out var own) && own.TryGetProperty(key, out var value) ? value : config.GetProperty(key);

        var node = Nodes(entry).Single(candidate => candidate.Metadata.Name == entry.GetProperty("node").GetString());
        var addresses = (node.Status?.Addresses ?? []).Where(address => address.Type is "InternalIP" or "ExternalIP").Select(address => IpAddr.Parse(address.Address)).ToImmutableArray();
        var selected = Config("nodePortAddresses").EnumerateArray().Select(text => IpPrefix.TryParse(text.GetString(), out var cidr) ? cidr : throw new FormatException(text.GetString())).ToList();
        var nodePorts = addresses.Where(address => selected.Exists(cidr => cidr.Contains(address)));
        if (Config("nodePortLoopback").GetBoolean())
        {
            nodePorts = nodePorts.Append(IpAddr.Parse("127.0.0.1")).Append(IpAddr.Parse("::1"));
        }

        return new SnapshotTranslator(
            new TranslationOptions
            {
                Node = new LocalNode { Name = node.Metadata.Name!, Addresses = addresses, NodePortAddresses = [.. nodePorts] },
                AllowExternalIPs = Config("allowExternalIPs").GetBoolean(),
                ServiceProxyName = Config("serviceProxyName").GetString(),
            },
            TimeProvider.System);
    }

    private static ObjectSet Objects(JsonElement entry, string key)
    {
        var objects = entry.GetProperty(key);
        return ObjectSet.Empty with
        {
            Services = Read<Service>(objects, "services"),
            EndpointSlices = Read<EndpointSlice>(objects, "endpointSlices"),
            Nodes = Nodes(entry).ToImmutableDictionary(node => node.Name),
        };
    }

    private static IEnumerable<Node> Nodes(JsonElement entry) =>
        entry.TryGetProperty("objects", out var objects) && objects.TryGetProperty("nodes", out var own)
            ? own.Deserialize<List<Node>>(CamelCase)!
            : Table.GetProperty("nodes").Deserialize<List<Node>>(CamelCase)!;

    private static ImmutableDictionary<NamespacedName, T> Read<T>(JsonElement objects, string key)
        where T : KubernetesObject =>
        objects.TryGetProperty(key, out var items)
            ? items.Deserialize<List<T>>(CamelCase)!.ToImmutableDictionary(item => item.Name)
            : ImmutableDictionary<NamespacedName, T>.Empty;

    private static JsonElement Find(string name) =>
        Table.GetProperty("cases").EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == name);

    private static TheoryData<string> NamesOf(string kind) =>
        [.. Table.GetProperty("cases").EnumerateArray().Where(entry => entry.GetProperty("kind").GetString() == kind).Select(entry => entry.GetProperty("name").GetString()!)];
}
