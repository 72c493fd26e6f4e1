using EdgeProxy.Dataplane.Udp;
using EdgeProxy.Testing;

namespace EdgeProxy.Dataplane.Tests.Udp;

public sealed class FlowTableTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_flow_expires_when_its_timeout_has_passed_since_the_last_datagram()
    {
        var table = new FlowTable<Flow>(capacity: 10);
        var flow = new Flow(1);
        table.Add(flow, FlowState.Unanswered, Short, At(0));

        table.Touch(flow, FlowState.Unanswered, Short, At(5));

        Assert.Null(table.Expired(At(14)));
        Assert.Same(flow, table.Expired(At(15)));
        table.Remove(flow);
        Assert.Null(table.Expired(At(15)));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void An_answered_flow_lives_longer()
    {
        var table = new FlowTable<Flow>(capacity: 10);
        var flow = new Flow(1);
        table.Add(flow, FlowState.Unanswered, Short, At(0));

        table.Touch(flow, FlowState.Answered, Long, At(1));

        Assert.Null(table.Expired(At(60)));
        Assert.Same(flow, table.Expired(At(61)));
    }

    [Fact]
    public void Room_is_made_by_what_is_over_before_what_is_unanswered_before_conversations_and_by_the_oldest_of_them()
    {
        var table = new FlowTable<Flow>(capacity: 6);
        (FlowState State, TimeSpan Timeout)[] inOrderOfAge =
        [
            (FlowState.Answered, Long),
            (FlowState.Unanswered, Short),
            (FlowState.Unanswered, Short),
            (FlowState.Settled, Long),
            (FlowState.Asleep, Long),
            (FlowState.Settled, Long),
        ];
        for (var i = 0; i < inOrderOfAge.Length; i++)
        {
            table.Add(new Flow(i), inOrderOfAge[i].State, inOrderOfAge[i].Timeout, At(i));
        }

        Assert.True(table.IsFull);
        Assert.Equal(3, table.Oldest(FlowState.Settled)!.Id);
        Assert.Equal([4, 3, 5, 1, 2, 0], TakeAll());

        IEnumerable<int> TakeAll()
        {
            while (table.Oldest(FlowState.Asleep) is { } oldest)
            {
                table.Remove(oldest);
                yield return oldest.Id;
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void It_agrees_with_a_list_searched_from_end_to_end(int salt)
    {
        var seed = TestSeed.Choose();
        TestContext.Current.TestOutputHelper?.WriteLine(seed.Describe(salt));
        var random = seed.Generator(salt);
        var table = new FlowTable<Flow>(capacity: 50);
        var model = new List<(Flow Flow, FlowState State, TimeSpan Timeout, TimeSpan LastSeen)>();
        var now = 0.0;
        for (var step = 0; step < 100_000; step++)
        {
            now += random.NextDouble();
            var state = (FlowState)random.Next(4);
            var timeout = random.Next(2) == 0 ? Short : Long;
            var known = model.Count > 0 ? model[random.Next(model.Count)] : default;
            switch (random.Next(4))
            {
                case 0 when !table.IsFull:
                    var added = new Flow(step);
                    table.Add(added, state, timeout, At(now));
                    model.Add((added, state, timeout, At(now)));
                    break;
                case 1 when known.Flow is not null:
                    table.Touch(known.Flow, state, timeout, At(now));
                    model.Remove(known);
                    model.Add((known.Flow, state, timeout, At(now)));
                    break;
                case 2 when known.Flow is not null:
                    table.Remove(known.Flow);
                    table.Remove(known.Flow);
                    model.Remove(known);
                    break;
                default:
                    while (table.Expired(At(now)) is { } expired)
                    {
                        var entry = model.Single(entry => entry.Flow == expired);
                        Assert.True(At(now) - entry.LastSeen >= entry.Timeout);
                        model.Remove(entry);
                        table.Remove(expired);
                    }

                    Assert.DoesNotContain(model, entry => At(now) - entry.LastSeen >= entry.Timeout);
                    break;
            }

            Assert.Equal(model.Count, table.Count);
            Assert.Equal(model.Count >= 50, table.IsFull);
            Assert.Equal(OldestOf(model, state), table.Oldest(state));
        }
    }

    private static Flow? OldestOf(List<(Flow Flow, FlowState State, TimeSpan Timeout, TimeSpan LastSeen)> model, FlowState least) =>
        model.Where(entry => entry.State >= least).OrderBy(entry => entry.State).ThenBy(entry => entry.Timeout).ThenBy(entry => entry.LastSeen)
            .Select(entry => entry.Flow).FirstOrDefault();

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private sealed class Flow(int id) : FlowTable<Flow>.Entry
    {
        public int Id => id;
    }
}
