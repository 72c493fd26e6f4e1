using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Scheduling;

/// <summary>What hashing clients to backends is for: a backend that goes takes its own clients with it, and hardly any others.</summary>
public sealed class ConsistentHashTests
{
    private const int Clients = 5000;

    [Theory]
    [InlineData("mh", 0.02)]
    [InlineData("maglev", 0.02)]
    [InlineData("ring", 0)]
    [InlineData("rendezvous", 0)]
    public void Few_clients_move_when_one_of_ten_backends_goes(string name, double most)
    {
        var policy = new SchedulingPolicy { Scheduler = name };
        var backends = Objects.Backends(10);
        var before = Owners(policy.CreateScheduler(backends));
        var after = Owners(policy.CreateScheduler(backends.RemoveAt(4)));

        var moved = before.Zip(after).Count(pair => pair.First != backends[4] && pair.First != pair.Second);

        Assert.InRange(moved, 0, (int)(Clients * most));
        Assert.All(backends, backend => Assert.InRange(before.Count(owner => owner == backend), Clients / 20, Clients / 5));
    }

    [Fact]
    public void Clients_without_a_second_choice_are_refused_and_with_it_go_elsewhere()
    {
        var backends = Objects.Backends(2);
        backends[0].Weight = 0;

        var alone = Owners(new SchedulingPolicy { Scheduler = "sh" }.CreateScheduler(backends));
        var withFallback = Owners(new SchedulingPolicy { Scheduler = "sh", Flags = HashOptions.Fallback }.CreateScheduler(backends));

        Assert.Contains(null, alone);
        Assert.All(withFallback, owner => Assert.Same(backends[1], owner));
    }

    [Fact]
    public void With_the_port_flag_one_client_is_spread()
    {
        var backends = Objects.Backends(3);
        var scheduler = new SchedulingPolicy { Scheduler = "mh", Flags = HashOptions.Port }.CreateScheduler(backends);

        var owners = Enumerable.Range(40_000, 100).Select(port => scheduler.For(EndpointAddress.Parse($"198.51.100.1:{port}"))).Distinct();

        Assert.Equal(3, owners.Count());
    }

    private static List<Backend?> Owners(Scheduler scheduler) =>
        [.. Enumerable.Range(0, Clients).Select(i => scheduler.For(new EndpointAddress(new IpAddr((uint)(0xC6336401 + (i * 7919)), IsIPv6: false), 40_000)))];
}
