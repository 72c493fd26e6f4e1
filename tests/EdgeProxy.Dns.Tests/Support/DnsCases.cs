using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using EdgeProxy.Dns.Resolving;
using EdgeProxy.Dns.Wire;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Kubernetes.Translation;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Dns.Tests.Support;

/// <summary>tests/cases/dns: one cluster, a question a case, and the complete answer.</summary>
internal static class DnsCases
{
    private static readonly JsonElement Table = TestCases.ReadJson("dns/cases.json");

    private static readonly JsonSerializerOptions CamelCase = new(JsonSerializerDefaults.Web) { PropertyNameCaseInsensitive = false };

    /// <summary>The cluster of the cases.</summary>
    public static ProxySnapshot Snapshot { get; } = Translate();

    public static TheoryData<string> Names => [.. Table.GetProperty("cases").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!)];

    /// <summary>Cases that hold with the default options.</summary>
    public static IEnumerable<JsonElement> Ordinary => Table.GetProperty("cases").EnumerateArray().Where(entry => !entry.TryGetProperty("config", out _));

    public static JsonElement Find(string name) => Table.GetProperty("cases").EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == name);

    public static string Question(JsonElement entry) => entry.GetProperty("query").GetProperty("name").GetString()!.TrimEnd('.');

    public static RecordType Type(JsonElement entry) => entry.GetProperty("query").GetProperty("type").GetString() is "MX"
        ? (RecordType)15
        : Enum.Parse<RecordType>(entry.GetProperty("query").GetProperty("type").GetString()!);

    public static ZoneOptions Options(JsonElement entry)
    {
        JsonElement Config(string key) => entry.TryGetProperty("config", out var own) && own.TryGetProperty(key, out var value)
            ? value
            : Table.GetProperty("config").GetProperty(key);

        return new ZoneOptions
        {
            Domain = Table.GetProperty("zone").GetString()!.TrimEnd('.'),
            Ttl = TimeSpan.FromSeconds(Table.GetProperty("ttl").GetInt32()),
            Pods = Enum.Parse<PodNames>(Config("pods").GetString()!, ignoreCase: true),
            IgnoreEmptyServices = Config("ignoreEmptyService").GetBoolean(),
        };
    }

    /// <summary>Compares as the case file says: names without case, sections in any order, SRV weights in compat cases only.</summary>
    public static void AssertExpected(JsonElement entry, ResponseCode code, IEnumerable<DnsRecord> answers, IEnumerable<DnsRecord> authorities, IEnumerable<DnsRecord> additionals)
    {
        var why = entry.GetProperty("why").GetString();
        var expect = entry.GetProperty("expect");
        Assert.True(CodeOf(expect.GetProperty("rcode").GetString()!) == code, $"got {code}: {why}");

        var withWeights = entry.GetProperty("tier").GetString() is "compat";
        var expected = expect.GetProperty("answer").EnumerateArray().Select(record => Describe(record, Question(entry), withWeights)).Order(StringComparer.Ordinal).ToList();
        var got = answers.Select(record => Describe(record, withWeights)).Order(StringComparer.Ordinal).ToList();
        if (expect.TryGetProperty("partial", out var partial) && partial.GetBoolean())
        {
            got = [.. got.Where(expected.Contains)];
        }

        Assert.True(expected.SequenceEqual(got), $"expected {string.Join(", ", expected)}; got {string.Join(", ", got)}: {why}");
        Assert.Equal(expect.TryGetProperty("authority", out _) ? 1 : 0, authorities.Count(record => record is AuthorityRecord));
        if (expect.TryGetProperty("additional", out var extra))
        {
            Assert.Equal(
                extra.EnumerateArray().Select(record => Describe(record, Question(entry), withWeights)).Order(StringComparer.Ordinal),
                additionals.Select(record => Describe(record, withWeights)).Order(StringComparer.Ordinal));
        }
        else
        {
            Assert.Empty(additionals);
        }
    }

    private static ResponseCode CodeOf(string name) => name switch
    {
        "NOERROR" => ResponseCode.NoError,
        "NXDOMAIN" => ResponseCode.NameError,
        _ => throw new FormatException($"unknown rcode {name}"),
    };

    private static string Describe(JsonElement record, string question, bool withWeights)
    {
        var name = record.TryGetProperty("name", out var own) ? own.GetString()!.TrimEnd('.') : question;
        var type = record.GetProperty("type").GetString()!;
        var data = type switch
        {
            "SOA" => "",
            "SRV" => Srv(
                withWeights ? record.GetProperty("priority").GetInt32() : 0,
                withWeights ? record.GetProperty("weight").GetInt32() : 0,
                record.GetProperty("port").GetInt32(),
                record.GetProperty("target").GetString()!.TrimEnd('.')),
            _ => record.GetProperty("data").GetString()!.TrimEnd('.'),
        };
        return $"{name} {type} {data}".ToLowerInvariant();
    }

    private static string Describe(DnsRecord record, bool withWeights)
    {
        var data = record switch
        {
            AddressRecord address => address.Address.ToString(),
            NameRecord name => name.Target,
            TextRecord text => text.Text,
            AuthorityRecord => "",
            ServiceRecord srv => Srv(withWeights ? srv.Priority : 0, withWeights ? srv.Weight : 0, srv.Port, srv.Target),
            _ => throw new FormatException($"unexpected {record}"),
        };
        return $"{record.Name} {record.Type} {data}".ToLowerInvariant();
    }

    private static string Srv(int priority, int weight, int port, string target) =>
        string.Create(CultureInfo.InvariantCulture, $"{priority} {weight} {port} {target}");

    private static ProxySnapshot Translate()
    {
        var cluster = Table.GetProperty("cluster");
        var translator = new SnapshotTranslator(new TranslationOptions { Node = new LocalNode { Name = "n1" }, Discovery = true }, TimeProvider.System);
        return translator.Apply(ObjectSet.Empty with
        {
            Namespaces = Read<Namespace>(cluster, "namespaces"),
            Services = Read<Service>(cluster, "services"),
            EndpointSlices = Read<EndpointSlice>(cluster, "endpointSlices"),
            Pods = Read<Pod>(cluster, "pods"),
        });
    }

    private static ImmutableDictionary<NamespacedName, T> Read<T>(JsonElement cluster, string key)
        where T : KubernetesObject => cluster.GetProperty(key).Deserialize<List<T>>(CamelCase)!.ToImmutableDictionary(item => item.Name);
}
