using EdgeProxy.Model.Routing;
using EdgeProxy.Testing;

namespace EdgeProxy.Model.Tests.Routing;

public sealed class HostMapTests
{
    [Fact]
    public void After_any_changes_it_holds_what_a_dictionary_would_and_the_maps_before_are_as_they_were()
    {
        const int Maps = 200;
        var seed = TestSeed.Choose();
        var random = seed.Generator(0);
        var expected = new Dictionary<string, string>(StringComparer.Ordinal);
        var history = new List<(HostMap<string> Map, Dictionary<string, string> Expected)>();
        var map = HostMap<string>.Empty;
        for (var round = 0; round < Maps; round++)
        {
            var builder = map.ToBuilder();
            for (var change = random.Next(200); change > 0; change--)
            {
                var host = $"host-{random.Next(2000)}.example";
                var value = random.Next(3) == 0 ? null : $"value {random.Next()}";
                builder.Set(host, value);
                expected.Remove(host);
                if (value is not null)
                {
                    expected.Add(host, value);
                }

                Assert.Equal(value, builder.Find(host));
            }

            map = builder.Build();
            history.Add((map, new Dictionary<string, string>(expected, StringComparer.Ordinal)));
        }

        Assert.All(history, entry =>
        {
            for (var number = 0; number < 2000; number++)
            {
                var host = $"host-{number}.example";
                Assert.True(entry.Map.Find(host) == entry.Expected.GetValueOrDefault(host), seed.Describe(0));
            }
        });
    }

    [Fact]
    public void Letters_of_another_case_are_another_host()
    {
        var builder = HostMap<string>.Empty.ToBuilder();
        builder.Set("a.example", "lower");

        Assert.Null(builder.Build().Find("A.example"));
    }

    [Fact]
    public void A_builder_that_was_built_cannot_change_the_map()
    {
        var builder = HostMap<string>.Empty.ToBuilder();
        _ = builder.Build();

        Assert.Throws<InvalidOperationException>(() => builder.Set("a.example", "late"));
    }
}
