using System.Net;
using EdgeProxy.Dataplane.Udp;
using EdgeProxy.Transport;

namespace EdgeProxy.Dataplane.Tests.Udp;

public sealed class FlowTableTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_flow_expires_when_its_timeout_has_passed_since_the_last_datagram()
    {
        var table = new FlowTable<string>(capacity: 10);
        table.Add(Key(1), "a", Short, At(0));

        table.Touch(Key(1), Short, At(5));

        Assert.Null(table.RemoveExpired(At(14)));
        Assert.Equal("a", table.RemoveExpired(At(15)));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void An_answered_flow_lives_longer()
    {
        var table = new FlowTable<string>(capacity: 10);
        table.Add(Key(1), "a", Short, At(0));

        table.Touch(Key(1), Long, At(1));

        Assert.Null(table.RemoveExpired(At(60)));
        Assert.Equal("a", table.RemoveExpired(At(61)));
    }

    [Fact]
    public void When_full_the_unanswered_flow_that_was_idle_longest_goes_first()
    {
        var table = new FlowTable<string>(capacity: 3);
        table.Add(Key(1), "answered", Short, At(0));
        table.Touch(Key(1), Long, At(0));
        table.Add(Key(2), "old", Short, At(1));
        table.Add(Key(3), "new", Short, At(2));

        Assert.True(table.IsFull);
        Assert.Equal("old", table.RemoveOldest());
        Assert.Equal("new", table.RemoveOldest());
        Assert.Equal("answered", table.RemoveOldest());
        Assert.Null(table.RemoveOldest());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20261121)]
    public void It_agrees_with_a_list_searched_from_end_to_end(int seed)
    {
        var random = new Random(seed);
        var table = new FlowTable<string>(capacity: 50);
        var model = new Dictionary<int, (TimeSpan Timeout, double LastSeen)>();
        var now = 0.0;
        for (var step = 0; step < 200_000; step++)
        {
            now += random.NextDouble();
            var id = random.Next(100);
            var timeout = random.Next(2) == 0 ? Short : Long;
            switch (random.Next(4))
            {
                case 0 when !model.ContainsKey(id) && !table.IsFull:
                    table.Add(Key(id), $"{id}", timeout, At(now));
                    model.Add(id, (timeout, now));
                    break;
                case 1:
                    table.Touch(Key(id), timeout, At(now));
                    if (model.ContainsKey(id))
                    {
                        model[id] = (timeout, now);
                    }

                    break;
                case 2:
                    Assert.Equal(model.Remove(id) ? $"{id}" : null, table.Remove(Key(id)));
                    break;
                default:
                    while (table.RemoveExpired(At(now)) is { } expired)
                    {
                        Assert.True(model.Remove(int.Parse(expired), out var entry), $"seed {seed}, step {step}");
                        Assert.True(At(now) - At(entry.LastSeen) >= entry.Timeout, $"seed {seed}, step {step}");
                    }

                    Assert.DoesNotContain(model.Values, entry => At(now) - At(entry.LastSeen) >= entry.Timeout);
                    break;
            }

            Assert.Equal(model.Count, table.Count);
        }
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static FlowKey Key(int client) => new(IpEndpoint.From(IPAddress.Loopback, 53), IpEndpoint.From(IPAddress.Loopback, 10_000 + client));
}
