using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;
using EdgeProxy.Testing;

namespace EdgeProxy.Model.Tests.Scheduling;

/// <summary>tests/cases/schedulers: who is picked. Each vector is a Service that is built, changed and asked as the data plane does.</summary>
public sealed class SchedulerVectors
{
    private static readonly JsonElement Table = TestCases.ReadJson("schedulers/vectors.json");

    public static TheoryData<string> Sequences => NamesOf(null);

    public static TheoryData<string> Tables => NamesOf("table");

    public static TheoryData<string> Disruptions => NamesOf("disruption");

    public static TheoryData<string> Affinities => NamesOf("affinity");

    public static TheoryData<string> Retries => NamesOf("retry");

    public static TheoryData<string> Orders => NamesOf("order");

    [Fact]
    public void No_vector_is_of_an_unknown_kind() =>
        Assert.Equal(
            Table.GetProperty("vectors").GetArrayLength(),
            Sequences.Count + Tables.Count + Disruptions.Count + Affinities.Count + Retries.Count + Orders.Count);

    [Theory]
    [MemberData(nameof(Sequences))]
    public void Sequence(string name)
    {
        var vector = Find(name);
        switch (Text(vector, "scheduler"))
        {
            case "peak-ewma":
                AssertLatencies(vector);
                break;

            case "subset":
                AssertSubset(vector);
                break;

            default:
                var service = new VectorService(vector);
                AssertIntermediates(vector, service);
                foreach (var step in Steps(vector))
                {
                    service.Run(step);
                }

                break;
        }
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void LookupTable(string name)
    {
        var vector = Find(name);
        var ids = Backends(vector).Select(backend => Text(backend, "id")!).ToList();
        var size = vector.GetProperty("params").GetProperty("size").GetInt32();
        var table = Backends(vector).Any(backend => backend.TryGetProperty("turns", out _))
            ? MaglevHash.Fill(
                [.. Backends(vector).Select(backend => new MaglevHash.Permutation(Number(backend, "offset"), Number(backend, "skip"), Number(backend, "turns")))], size)
            : MaglevHash.BuildTable(Weighted(vector), size);
        var owners = table.Select(owner => ids[owner]).ToList();

        if (vector.TryGetProperty("expectTable", out var whole))
        {
            Assert.Equal(Texts(whole), owners);
        }

        if (vector.TryGetProperty("expectPrefix", out var prefix))
        {
            Assert.Equal(Texts(prefix), owners.Take(prefix.GetArrayLength()));
        }

        if (vector.TryGetProperty("expectCounts", out var counts))
        {
            Assert.All(counts.EnumerateObject(), count => Assert.Equal(count.Value.GetInt32(), owners.Count(owner => owner == count.Name)));
        }
    }

    [Theory]
    [MemberData(nameof(Disruptions))]
    public void Disruption(string name)
    {
        var vector = Find(name);
        var size = vector.GetProperty("params").GetProperty("size").GetInt32();
        var backends = Weighted(vector);
        var removed = backends[Backends(vector).ToList().FindIndex(backend => Text(backend, "id") == Text(vector.GetProperty("params"), "remove"))];
        var rest = backends.Remove(removed);

        var before = MaglevHash.BuildTable(backends, size);
        var after = MaglevHash.BuildTable(rest, size);

        var slots = Enumerable.Range(0, size).ToLookup(slot => backends[before[slot]] == removed);
        Assert.Equal(Number(vector.GetProperty("expect"), "slotsOfRemoved"), slots[true].Count());
        Assert.Equal(Number(vector.GetProperty("expect"), "otherSlotsMoved"), slots[false].Count(slot => backends[before[slot]] != rest[after[slot]]));
    }

    [Theory]
    [MemberData(nameof(Affinities))]
    public void Affinity(string name)
    {
        // One Service port each, with a table and turns of its own.
        var vector = Find(name);
        var ports = Steps(vector).Select(step => Text(step, "port")).OfType<string>().Distinct().ToDictionary(port => port, _ => new VectorService(vector));
        foreach (var step in Steps(vector))
        {
            foreach (var (port, service) in ports)
            {
                if (Text(step, "port") is not { } own || own == port)
                {
                    service.Run(step);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Retries))]
    public void Retry(string name)
    {
        var vector = Find(name);
        var step = Assert.Single(Steps(vector));
        var timeouts = vector.GetProperty("params").GetProperty("dialTimeoutsMs");
        var fails = step.TryGetProperty("fails", out var written) ? written.EnumerateObject().ToDictionary(fail => fail.Name, fail => fail.Value.GetString()) : [];
        var attempts = new List<string>();
        var waited = 0;

        var result = new VectorService(vector).Connect(VectorService.AnyClient, id =>
        {
            var outcome = fails.GetValueOrDefault(id);
            waited += outcome == "timeout" ? timeouts[attempts.Count].GetInt32() : 0;
            attempts.Add(id);
            return outcome is null;
        });

        var expect = step.GetProperty("expect");
        Assert.Equal(TriedBackends.MaxTries, Number(vector.GetProperty("params"), "maxAttempts"));
        Assert.Equal(Texts(expect.GetProperty("attempts")), attempts);
        Assert.Equal(Text(expect, "result"), result);
        Assert.Equal(expect.TryGetProperty("waitedMs", out var milliseconds) ? milliseconds.GetInt32() : 0, waited);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Order(string name)
    {
        var vector = Find(name);
        var parameters = vector.GetProperty("params");
        var preferences = parameters.TryGetProperty("preference", out var written)
            ? written.EnumerateObject().ToDictionary(node => node.Name, node => node.Value.GetInt32())
            : [];

        var order = AnnouncerOrder.Of(IpAddr.Parse(Text(parameters, "ip")), Texts(vector.GetProperty("candidates")), preferences);

        Assert.Equal(Texts(vector.GetProperty("expectOrder")), order);
    }

    private static void AssertLatencies(JsonElement vector)
    {
        var parameters = vector.GetProperty("params");
        var tolerance = parameters.GetProperty("tolerance").GetDouble();
        var latency = new PeakEwma(TimeSpan.Zero);
        Assert.Equal(parameters.GetProperty("initialMs").GetDouble(), latency.Estimate);
        foreach (var step in Steps(vector))
        {
            var at = TimeSpan.FromSeconds(step.GetProperty("at").GetDouble());
            switch (Text(step, "op"))
            {
                case "observe":
                    latency.Observe(TimeSpan.FromMilliseconds(step.GetProperty("rttMs").GetDouble()), at);
                    Assert.Equal(step.GetProperty("expectEstimateMs").GetDouble(), latency.Estimate, tolerance);
                    break;

                case "load":
                    Assert.Equal(step.GetProperty("expectLoad").GetDouble(), latency.Load(Number(step, "pending"), at), tolerance);
                    break;

                default:
                    Assert.Fail($"unknown op in {step}");
                    break;
            }
        }
    }

    private static void AssertSubset(JsonElement vector)
    {
        var ids = Backends(vector).ToDictionary(backend => EndpointAddress.Parse(Text(backend, "addr")), backend => Text(backend, "id")!);
        var parameters = vector.GetProperty("params");

        var subset = RandomSubset.Choose(Weighted(vector), Number(parameters, "size"), parameters.GetProperty("seed").GetUInt64());

        Assert.Equal(Texts(vector.GetProperty("expectSubset")), subset.Select(backend => ids[backend.Address]));
    }

    private static void AssertIntermediates(JsonElement vector, VectorService service)
    {
        if (vector.TryGetProperty("expectRing", out var ring))
        {
            Assert.Equal(
                ring.EnumerateArray().Select(point => $"{point[0]} {point[1]}"),
                ((RingHash)service.Scheduler).Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.Hash:x16} {service.IdOf(point.Owner)}")));
        }

        if (vector.TryGetProperty("expectVnodes", out var vnodes))
        {
            Assert.All(vnodes.EnumerateObject(), node => Assert.Equal(
                node.Value.GetInt32(), ((RingHash)service.Scheduler).Points.Count(point => service.IdOf(point.Owner) == node.Name)));
        }
    }

    private static ImmutableArray<Backend> Weighted(JsonElement vector) =>
    [
        .. Backends(vector).Select(backend => new Backend(EndpointAddress.Parse(Text(backend, "addr")))
        {
            Weight = backend.TryGetProperty("weight", out var weight) ? weight.GetInt32() : 1,
        }),
    ];

    private static TheoryData<string> NamesOf(string? kind) =>
        [.. Table.GetProperty("vectors").EnumerateArray().Where(vector => Text(vector, "kind") == kind).Select(vector => Text(vector, "name")!)];

    private static JsonElement Find(string name)
    {
        var vector = Table.GetProperty("vectors").EnumerateArray().Single(vector => Text(vector, "name") == name);
        TestContext.Current.TestOutputHelper?.WriteLine(Text(vector, "why") ?? "");
        return vector;
    }

    private static IEnumerable<JsonElement> Backends(JsonElement vector) => vector.GetProperty("backends").EnumerateArray();

    private static IEnumerable<JsonElement> Steps(JsonElement vector) => vector.GetProperty("steps").EnumerateArray();

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();

    private static IEnumerable<string> Texts(JsonElement array) => array.EnumerateArray().Select(text => text.GetString()!);
}
