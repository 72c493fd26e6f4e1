using EdgeProxy.Dns.Resolving;
using EdgeProxy.Dns.Tests.Support;

namespace EdgeProxy.Dns.Tests.Resolving;

/// <summary>Every case of tests/cases/dns, asked of the resolver.</summary>
public sealed class ResolverCaseTests
{
    public static TheoryData<string> Names => DnsCases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Case(string name)
    {
        var entry = DnsCases.Find(name);

        var answer = new Resolver(DnsCases.Options(entry)).Resolve(DnsCases.Question(entry), DnsCases.Type(entry), DnsCases.Snapshot, rotation: 0);

        Assert.NotNull(answer);
        DnsCases.AssertExpected(entry, answer.Code, answer.Records, answer.Authority is { } soa ? [soa] : [], answer.Additionals);
    }
}
