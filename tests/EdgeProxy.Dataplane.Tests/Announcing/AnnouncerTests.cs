using System.Net;
using EdgeProxy.Dataplane.Announcing;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Dataplane.Tests.Announcing;

/// <summary>How addresses are taken and given up on a LAN in memory, where time and views of the world are the test's.</summary>
public sealed class AnnouncerTests
{
    private const string Address = "192.0.2.10";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void An_address_is_asked_for_taken_announced_five_times_and_kept()
    {
        var cluster = new TestCluster(1);
        cluster.Publish("web", Address);
        cluster.Run(Second * 20);

        Assert.Equal("node-1", cluster.Holders(Address));
        Assert.Equal(5, cluster.Nodes[0].Port.Announced.Count);
    }

    [Fact]
    public void A_node_that_is_stopped_loses_its_address_by_itself_and_withdraws_first_when_it_goes_on()
    {
        var cluster = new TestCluster(2);
        cluster.Publish("web", Address);
        cluster.Run(Second * 2);
        var (owner, other) = OwnerAndOther(cluster);

        owner.IsStopped = true;
        cluster.Run(Second * 2);
        Assert.Equal("", cluster.Holders(Address));
        other.GivenUp.Add(owner.Self);
        cluster.Run(Second, () => AssertOneHolder(cluster));
        Assert.Equal(other.Self, cluster.Holders(Address));

        // It believes to be what it was.
        owner.IsStopped = false;
        cluster.Run(Second, () => AssertOneHolder(cluster));
        Assert.Contains(cluster.Log.Lines, line => line.Text.Contains("stood still", StringComparison.Ordinal));

        other.GivenUp.Clear();
        cluster.Run(Second * 10, () => AssertOneHolder(cluster));
        Assert.Equal(owner.Self, cluster.Holders(Address));
    }

    [Fact]
    public void A_node_that_was_given_up_keeps_its_address_until_another_asks_for_it()
    {
        var cluster = new TestCluster(2);
        cluster.Publish("web", Address);
        cluster.Run(Second * 2);
        var (owner, other) = OwnerAndOther(cluster);

        owner.Standing = NodeStanding.Adrift;
        cluster.Run(Second * 5);
        Assert.Equal(owner.Self, cluster.Holders(Address));

        other.GivenUp.Add(owner.Self);
        cluster.Run(Second * 3, () => AssertOneHolder(cluster));
        Assert.Equal(other.Self, cluster.Holders(Address));
    }

    [Fact]
    public void A_node_that_was_given_up_finds_out_by_itself_when_the_LAN_was_in_two_and_is_one_again()
    {
        var cluster = new TestCluster(2);
        cluster.Publish("web", Address);
        cluster.Run(Second * 2);
        var (owner, other) = OwnerAndOther(cluster);

        // The switch between them fails: the owner has its link, and nobody at its end.
        owner.Standing = NodeStanding.Adrift;
        other.GivenUp.Add(owner.Self);
        owner.Port.IsUp = false;
        cluster.Run(Second * 3);
        owner.Port.IsUp = true;
        cluster.Run(Second);

        Assert.Equal(other.Self, cluster.Holders(Address));
    }

    [Fact]
    public void Told_to_withdraw_it_withdraws_when_it_is_given_up()
    {
        var cluster = new TestCluster(1, new AnnouncerOptions { KeepsWhenAdrift = false });
        cluster.Publish("web", Address);
        cluster.Run(Second * 2);
        Assert.Equal("node-1", cluster.Holders(Address));

        cluster.Nodes[0].Standing = NodeStanding.Adrift;
        cluster.Run(TestCluster.Turn);

        Assert.Equal("", cluster.Holders(Address));
    }

    [Fact]
    public void An_address_whose_Service_went_is_given_up_even_without_the_others()
    {
        var cluster = new TestCluster(1);
        cluster.Publish("web", Address);
        cluster.Run(Second * 2);

        cluster.Nodes[0].Standing = NodeStanding.Adrift;
        cluster.Remove("web");
        cluster.Run(TestCluster.Turn);

        Assert.Equal("", cluster.Holders(Address));
    }

    [Fact]
    public void A_node_that_is_adrift_takes_nothing()
    {
        var cluster = new TestCluster(1);
        cluster.Nodes[0].Standing = NodeStanding.Adrift;
        cluster.Publish("web", Address);
        cluster.Run(Second * 5);

        Assert.Equal("", cluster.Holders(Address));
    }

    [Fact]
    public void A_node_with_the_excluding_label_offers_nothing()
    {
        var cluster = new TestCluster(2);
        cluster.Publish("web", Address);
        cluster.Run(Second * 2);
        var (owner, other) = OwnerAndOther(cluster);

        owner.Labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "";
        cluster.Run(Second * 2, () => AssertOneHolder(cluster));

        Assert.Equal(other.Self, cluster.Holders(Address));
    }

    [Fact]
    public void A_node_whose_link_is_gone_offers_nothing_and_its_address_moves()
    {
        var cluster = new TestCluster(2);
        cluster.Publish("web", Address);
        cluster.Run(Second * 2);
        var (owner, other) = OwnerAndOther(cluster);

        owner.Port.IsUp = false;
        owner.HostChanged();
        cluster.Run(Second);
        Assert.Equal(other.Self, cluster.Holders(Address));

        owner.Port.IsUp = true;
        owner.HostChanged();
        cluster.Run(Second * 3, () => AssertOneHolder(cluster));
        Assert.Equal(owner.Self, cluster.Holders(Address));
    }

    [Fact]
    public void An_address_that_the_host_has_for_good_is_not_touched()
    {
        var cluster = new TestCluster(1);
        cluster.Nodes[0].Port.OwnForGood.Add(IPAddress.Parse(Address));
        cluster.Publish("web", Address);
        cluster.Run(Second * 2);

        Assert.Empty(cluster.Nodes[0].Port.Announced);
        Assert.Single(cluster.Log.Lines, line => line.Text.Contains("this host has it already", StringComparison.Ordinal));
    }

    /// <summary>
    /// Whatever nodes believe, whenever they are stopped, cut off or given up: no two kernels have an address. Links do not fail here; two halves of a
    /// LAN cannot know of each other.
    /// </summary>
    [Fact]
    public void Never_do_two_nodes_have_an_address()
    {
        var seed = TestSeed.Choose();
        var random = seed.Generator(0);
        var cluster = new TestCluster(3);
        string[] addresses = ["192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.13"];
        cluster.Publish("web", addresses);
        var held = 0;

        for (var step = 0; step < 400; step++)
        {
            var node = cluster.Nodes[random.Next(3)];
            switch (random.Next(5))
            {
                case 0:
                    node.IsStopped = !node.IsStopped;
                    break;
                case 1:
                    node.Standing = random.Next(2) == 0 ? NodeStanding.Adrift : NodeStanding.Member;
                    break;
                case 2:
                    node.GivenUp.Add(cluster.Nodes[random.Next(3)].Self);
                    break;
                case 3:
                    node.GivenUp.Clear();
                    break;
                default:
                    Array.ForEach(addresses, address => cluster.Publish(address, random.Next(2) == 0 ? [] : [address]));
                    break;
            }

            cluster.Run(TestCluster.Turn * random.Next(1, 60), () =>
            {
                foreach (var address in addresses)
                {
                    var holders = cluster.Lan.Holders(IPAddress.Parse(address));
                    Assert.True(holders.Count <= 1, $"{seed.Describe(0)}, step {step}: {string.Join(' ', holders)} have {address}");
                    held += holders.Count;
                }
            });
        }

        Assert.True(held > 0, "Nobody ever had an address.");
    }

    private static (TestCluster.TestNode Owner, TestCluster.TestNode Other) OwnerAndOther(TestCluster cluster)
    {
        var holder = cluster.Holders(Address);
        return (cluster.Nodes.Single(node => node.Self == holder), cluster.Nodes.First(node => node.Self != holder));
    }

    private static void AssertOneHolder(TestCluster cluster) => Assert.DoesNotContain(' ', cluster.Holders(Address));
}
