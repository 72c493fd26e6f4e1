using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;
using EdgeProxy.Testing;
using static EdgeProxy.Model.Tests.Support.Objects;

namespace EdgeProxy.Model.Tests;

public sealed class ServicePortTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly IpAddr Alice = IpAddr.Parse("198.51.100.1");
    private static readonly IpAddr Bob = IpAddr.Parse("198.51.100.2");

    private readonly ManualTimeProvider _time = new();
    private ProxySnapshot _last = ProxySnapshot.Empty;

    [Fact]
    public void Without_affinity_each_connection_takes_the_next_backend_and_no_client_is_remembered()
    {
        var port = Sticky(timeout: null);

        var picked = Enumerable.Range(0, 4).Select(_ => PickIndex(port, Alice)).ToList();

        Assert.Equal([0, 1, 2, 0], picked);
        Assert.Equal(0, port.State.Affinity.Count);
    }

    [Fact]
    public void With_affinity_a_client_keeps_its_backend()
    {
        var port = Sticky(Timeout);

        Assert.Equal(0, PickIndex(port, Alice));
        Assert.Equal(1, PickIndex(port, Bob));
        Assert.Equal(0, PickIndex(port, Alice));
        Assert.Equal(1, PickIndex(port, Bob));
    }

    [Fact]
    public void A_client_that_sticks_takes_nobodys_turn()
    {
        var port = Sticky(Timeout);
        PickIndex(port, Alice);
        for (var i = 0; i < 5; i++)
        {
            PickIndex(port, Alice);
        }

        Assert.Equal(1, PickIndex(port, Bob));
    }

    [Fact]
    public void Each_new_connection_starts_the_clients_time_anew()
    {
        var port = Sticky(Timeout);
        PickIndex(port, Alice);

        for (var i = 0; i < 5; i++)
        {
            _time.Advance(Timeout - TimeSpan.FromTicks(1));
            Assert.Equal(0, PickIndex(port, Alice));
        }
    }

    [Fact]
    public void After_the_timeout_the_client_is_scheduled_like_any_other()
    {
        var port = Sticky(Timeout);
        PickIndex(port, Alice);

        _time.Advance(Timeout);

        Assert.Equal(1, PickIndex(port, Alice));
    }

    [Fact]
    public void A_binding_counts_only_among_the_candidates_and_does_not_come_back()
    {
        var port = Sticky(Timeout);
        PickIndex(port, Alice);

        var other = Pick(port, new RoundRobin(port.Backends.RemoveAt(0)), Alice, default);

        Assert.NotSame(port.Backends[0], other);
        Assert.Same(other, Pick(port, Alice, default));
    }

    [Fact]
    public void A_backend_that_was_tried_in_vain_is_replaced_and_the_new_one_remembered()
    {
        var port = Sticky(Timeout);
        PickIndex(port, Alice);
        var tried = default(TriedBackends);
        tried.Add(port.Backends[0]);

        var second = Pick(port, Alice, tried);

        Assert.Same(port.Backends[1], second);
        Assert.Same(second, Pick(port, Alice, default));
    }

    [Fact]
    public void Nobody_is_picked_or_remembered_when_every_candidate_was_tried()
    {
        var port = Sticky(Timeout);
        var tried = default(TriedBackends);
        foreach (var backend in port.Backends)
        {
            tried.Add(backend);
        }

        Assert.Null(Pick(port, Alice, tried));
        Assert.Null(Pick(port, Scheduler.None, Alice, default));
        Assert.Equal(0, port.State.Affinity.Count);
    }

    [Fact]
    public void The_binding_outlives_a_snapshot_in_which_the_endpoint_stays()
    {
        var before = Sticky(Timeout, "10.0.0.1:80", "10.0.0.2:80");
        PickIndex(before, Bob);
        var bound = Pick(before, Alice, default);

        var after = Next(before, Timeout, "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80");

        Assert.Equal("10.0.0.2:80", bound!.ToString());
        Assert.Same(bound, Pick(after, Alice, default));
    }

    [Fact]
    public void The_binding_does_not_pass_to_an_endpoint_that_came_back()
    {
        var first = Sticky(Timeout, "10.0.0.1:80", "10.0.0.2:80");
        PickIndex(first, Alice);

        var without = Next(first, Timeout, "10.0.0.2:80", "10.0.0.3:80");
        var again = Next(without, Timeout, "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80");

        // The second turn of the scheduler; the binding would have said the first backend.
        Assert.Equal("10.0.0.2:80", Pick(again, Alice, default)!.ToString());
    }

    [Fact]
    public void Picking_among_random_candidates_never_leaves_them_and_sticks_while_it_can() =>
        Seeds.Check(300, random =>
        {
            var port = Sticky(Timeout, [.. Enumerable.Range(1, 5).Select(i => $"10.0.0.{i}:80")]);
            var bound = new Dictionary<IpAddr, Backend>();
            for (var step = 0; step < 60; step++)
            {
                var client = new IpAddr((uint)random.Next(4), IsIPv6: false);
                var candidates = port.Backends.RemoveAll(_ => random.Chance(0.3));
                var tried = default(TriedBackends);
                foreach (var backend in port.Backends.Where(_ => random.Chance(0.15)).Take(TriedBackends.MaxTries))
                {
                    tried.Add(backend);
                }

                var picked = Pick(port, new RoundRobin(candidates), client, tried);

                var possible = candidates.Where(backend => !tried.Contains(backend)).ToList();
                Assert.Equal(possible.Count == 0, picked is null);
                if (picked is null)
                {
                    continue;
                }

                Assert.Contains(picked, possible);
                if (bound.TryGetValue(client, out var before) && possible.Contains(before))
                {
                    Assert.Same(before, picked);
                }

                bound[client] = picked;
            }
        });

    [Fact]
    public void Http_takes_the_family_that_has_endpoints_and_IPv4_when_both_have()
    {
        Assert.Equal(["10.0.0.1:80"], HttpOf("10.0.0.1:80", "[fd00::1]:80"));
        Assert.Equal(["[fd00::1]:80"], HttpOf("[fd00::1]:80"));
        Assert.Empty(HttpOf());
    }

    [Fact]
    public void Each_family_has_its_own_usable_endpoints()
    {
        var port = Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80, "[fd00::1]:80")))).PortOf("web");

        Assert.True(port.HasUsableEndpoint(ipv6: true));
        Assert.False(port.HasUsableEndpoint(ipv6: false));
    }

    [Fact]
    public void A_flow_stays_with_an_endpoint_that_is_listed_and_serving()
    {
        ServicePortConfig With(params Endpoint[] endpoints) => new() { Name = "", Port = 80, Endpoints = [.. endpoints] };
        var endpoint = Endpoint("10.0.0.1:80");
        var first = Build(builder => builder.SetService(Service("web", "172.16.0.1", With(endpoint))));
        var backend = first.PortOf("web").Backends[0];
        bool StillServes(params Endpoint[] endpoints) =>
            Build(first, builder => builder.SetService(Service("web", "172.16.0.1", With(endpoints)))).PortOf("web").StillServes(backend);

        Assert.True(StillServes(endpoint));
        Assert.True(StillServes(endpoint with { Ready = false, Terminating = true }));
        Assert.True(StillServes(endpoint with { Serving = false }));
        Assert.False(StillServes(endpoint with { Ready = false, Serving = false, Terminating = true }));
        Assert.False(StillServes(Endpoint("10.0.0.2:80")));
        Assert.False(StillServes());
    }

    [Fact]
    public void Source_ranges_guard_only_the_load_balancers_address()
    {
        var service = new ServiceConfig
        {
            Name = Name("web"),
            ClusterIPs = Ips("172.16.0.1"),
            SourceRanges = [new IpPrefix(IpAddr.Parse("198.51.100.0"), 24)],
            Ports = [Port(80, "10.0.0.1:80")],
        };
        var port = Build(builder => builder.SetService(service)).PortOf("web");
        var vip = IpAddr.Parse("203.0.113.9");
        var outside = IpAddr.Parse("198.51.101.1");

        Assert.Equal(Verdict.Forward, port.Resolve(FrontendKind.LoadBalancer, vip, Alice).Verdict);
        Assert.Equal(Verdict.Dropped, port.Resolve(FrontendKind.LoadBalancer, vip, outside).Verdict);
        Assert.Equal(Verdict.Forward, port.Resolve(FrontendKind.ExternalIP, vip, outside).Verdict);
        Assert.Equal(Verdict.Forward, port.Resolve(FrontendKind.ClusterIP, vip, outside).Verdict);
    }

    private static IEnumerable<string> HttpOf(params string[] endpoints) =>
        Build(builder => builder.SetService(Service("web", "172.16.0.1", Port(80, endpoints)))).PortOf("web").HttpScheduler.Candidates
            .Select(backend => backend.ToString());

    private static int PickIndex(ServicePort port, IpAddr client) => port.Backends.IndexOf(Pick(port, client, default)!);

    private static Backend? Pick(ServicePort port, IpAddr client, in TriedBackends tried) => Pick(port, port.HttpScheduler, client, tried);

    private static Backend? Pick(ServicePort port, Scheduler scheduler, IpAddr client, in TriedBackends tried) =>
        port.Pick(scheduler, new EndpointAddress(client, 40_000), IpAddr.Parse("172.16.0.1"), tried);

    private ServicePort Sticky(TimeSpan? timeout) => Sticky(timeout, "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80");

    private ServicePort Sticky(TimeSpan? timeout, params string[] endpoints) => Next(null, timeout, endpoints);

    private ServicePort Next(ServicePort? before, TimeSpan? timeout, params string[] endpoints)
    {
        var builder = new SnapshotBuilder(before is null ? ProxySnapshot.Empty : _last, Node, _time);
        builder.SetService(new ServiceConfig
        {
            Name = Name("web"),
            ClusterIPs = Ips("172.16.0.1"),
            AffinityTimeout = timeout,
            Ports = [Port(80, endpoints)],
        });
        _last = builder.Build();
        return _last.PortOf("web");
    }
}
