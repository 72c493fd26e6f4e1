using EdgeProxy.Model.Eligibility;
using EdgeProxy.Model.Tests.Support;
using static EdgeProxy.Model.Tests.Support.Objects;

namespace EdgeProxy.Model.Tests.Eligibility;

/// <summary>A few per rule; the service table has the rest. The node is n1 in zone z1.</summary>
public sealed class EligibleEndpointsTests
{
    private static readonly Endpoint Here = Endpoint("10.0.0.1:80", "n1");
    private static readonly Endpoint There = Endpoint("10.0.0.2:80", "n2");
    private static readonly Endpoint Elsewhere = Endpoint("10.0.0.3:80", "n3");

    [Fact]
    public void Nothing_comes_of_nothing()
    {
        var eligible = Of();

        Assert.Same(EligibleEndpoints.None, eligible);
        Assert.Empty(eligible.Cluster);
        Assert.Empty(eligible.Local);
        Assert.False(eligible.UsableAnywhere);
    }

    [Fact]
    public void Cluster_takes_every_ready_endpoint_and_Local_those_of_this_node()
    {
        var eligible = Of(Here, There, Elsewhere with { Ready = false });

        Assert.Equal(["10.0.0.1:80", "10.0.0.2:80"], Text(eligible.Cluster));
        Assert.Equal(["10.0.0.1:80"], Text(eligible.Local));
    }

    [Fact]
    public void Node_hints_come_before_zone_hints()
    {
        var eligible = Of(
            Here with { NodeHints = ["n1"], ZoneHints = ["z1"] },
            There with { NodeHints = ["n2"], ZoneHints = ["z1"] },
            Elsewhere with { NodeHints = ["n3"], ZoneHints = ["z2"] });

        Assert.Equal(["10.0.0.1:80"], Text(eligible.Cluster));
    }

    [Fact]
    public void Zone_hints_count_when_no_node_hint_names_this_node()
    {
        var eligible = Of(
            There with { NodeHints = ["n2"], ZoneHints = ["z1"] },
            Elsewhere with { NodeHints = ["n3"], ZoneHints = ["z2", "z3"] });

        Assert.Equal(["10.0.0.2:80"], Text(eligible.Cluster));
    }

    [Fact]
    public void One_ready_endpoint_without_a_hint_makes_all_of_them_moot()
    {
        Assert.Equal(2, Of(Here with { ZoneHints = ["z1"] }, There).Cluster.Length);
        Assert.Equal(2, Of(Here with { NodeHints = ["n1"] }, There).Cluster.Length);
    }

    [Fact]
    public void An_endpoint_that_is_not_ready_has_no_say_about_hints() =>
        Assert.Equal(["10.0.0.1:80"], Text(Of(Here with { ZoneHints = ["z1"] }, There with { ZoneHints = ["z2"] }, Elsewhere with { Ready = false }).Cluster));

    [Fact]
    public void Hints_for_other_zones_only_leave_all() =>
        Assert.Equal(2, Of(Here with { ZoneHints = ["z2"] }, There with { ZoneHints = ["z3"] }).Cluster.Length);

    [Fact]
    public void A_node_of_unknown_zone_does_not_follow_zone_hints() =>
        Assert.Equal(2, Of(Node with { Zone = null }, Here with { ZoneHints = ["z1"] }, There with { ZoneHints = ["z2"] }).Cluster.Length);

    [Fact]
    public void Hints_never_narrow_the_local_set() =>
        Assert.Equal(["10.0.0.1:80"], Text(Of(Here with { ZoneHints = ["z2"] }, There with { ZoneHints = ["z1"] }).Local));

    [Fact]
    public void When_none_is_ready_those_that_still_serve_while_terminating_step_in_hints_or_not()
    {
        var leaving = Here with { Ready = false, Terminating = true, ZoneHints = ["z2"] };
        var eligible = Of(leaving, There with { Ready = false, Terminating = true, ZoneHints = ["z1"] }, Elsewhere with { Ready = false });

        Assert.Equal(["10.0.0.1:80", "10.0.0.2:80"], Text(eligible.Cluster));
        Assert.Equal(["10.0.0.1:80"], Text(eligible.Local));
        Assert.True(eligible.UsableAnywhere);
    }

    [Fact]
    public void Terminating_ones_here_step_in_for_Local_even_while_another_node_has_ready_ones()
    {
        var eligible = Of(Here with { Ready = false, Terminating = true }, There);

        Assert.Equal(["10.0.0.1:80"], Text(eligible.Local));
        Assert.Equal(["10.0.0.2:80"], Text(eligible.Cluster));
    }

    [Fact]
    public void An_endpoint_that_serves_but_is_neither_ready_nor_terminating_is_never_used()
    {
        var eligible = Of(Here with { Ready = false });

        Assert.Empty(eligible.Cluster);
        Assert.Empty(eligible.Local);
        Assert.False(eligible.UsableAnywhere);
    }

    [Fact]
    public void An_endpoint_without_a_node_name_is_local_to_nobody()
    {
        Assert.Empty(Of(Endpoint("10.0.0.1:80")).Local);
        Assert.Empty(Of(Endpoint("10.0.0.1:80", "N1")).Local);
    }

    [Fact]
    public void Families_are_kept_apart_in_a_service_port()
    {
        var port = new ServicePortConfig { Name = "", Port = 80, Endpoints = [Here with { Ready = false, Terminating = true }, Endpoint("[fd00::1]:80", "n1")] };
        var servicePort = Build(builder => builder.SetService(Service("web", "172.16.0.1", port))).PortOf("web");
        var client = IpAddr.Parse("198.51.100.1");

        // The ready IPv6 endpoint does not keep the terminating IPv4 one from stepping in.
        Assert.Equal(["10.0.0.1:80"], Text(servicePort.Resolve(FrontendKind.ClusterIP, IpAddr.Parse("172.16.0.1"), client).Candidates));
        Assert.Equal(["[fd00::1]:80"], Text(servicePort.Resolve(FrontendKind.ClusterIP, IpAddr.Parse("fd00:1::1"), client).Candidates));
    }

    private static EligibleEndpoints Of(params Endpoint[] endpoints) => Of(Node, endpoints);

    private static EligibleEndpoints Of(LocalNode node, params Endpoint[] endpoints) =>
        EligibleEndpoints.Compute(endpoints, [.. endpoints.Select(endpoint => new Backend(endpoint.Address))], node);

    private static IEnumerable<string> Text(IEnumerable<Backend> backends) => backends.Select(backend => backend.ToString());
}
