using EdgeProxy.Kubernetes.Leadership;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Kubernetes.Tests.Leadership;

/// <summary>Whom a node takes for alive, by what it sees of Leases and by its own clock.</summary>
public sealed class NodeLeaseViewTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);

    private readonly ManualTimeProvider _time = new();
    private readonly NodeLeaseView _view;
    private int _renewals;

    public NodeLeaseViewTests() => _view = new NodeLeaseView("own", Duration, _time);

    [Fact]
    public void A_node_is_given_up_when_its_lease_has_not_changed_for_its_duration()
    {
        Renew("own", "other");
        for (var passed = TimeSpan.Zero; passed < Duration - Period; passed += Period)
        {
            _time.Advance(Period);
            Renew("own");
            Assert.Equal("other own", Live);
        }

        _time.Advance(Period);
        Renew("own");

        Assert.Equal("own", Live);
    }

    [Fact]
    public void A_lease_that_was_found_is_not_believed_to_be_old_whatever_its_writers_clock_says()
    {
        Renew("own");
        _view.Observe(Node("other"), new LeaseRecord("x", Duration, default, DateTimeOffset.UnixEpoch, 0));

        Assert.Equal("other own", Live);
    }

    [Fact]
    public void Who_does_not_see_its_own_renewals_does_not_judge_others()
    {
        Renew("own", "other");
        _time.Advance(Duration);
        Assert.False(_view.IsFresh);

        // The watch works again, and brings our own renewal first: the others get the whole time.
        Renew("own");
        Assert.True(_view.IsFresh);
        Assert.Equal("other own", Live);
        _time.Advance(Duration - Period);
        Renew("own");
        Assert.Equal("other own", Live);
        _time.Advance(Period);
        Renew("own");
        Assert.Equal("own", Live);
    }

    [Fact]
    public void A_node_that_gave_its_lease_back_or_whose_lease_was_deleted_is_gone_at_once()
    {
        Renew("own", "first", "second");

        _view.Observe(Node("first"), new LeaseRecord("", TimeSpan.FromSeconds(1), default, _time.GetUtcNow(), 1));
        _view.Forget("second");

        Assert.Equal("own", Live);
    }

    [Fact]
    public void A_longer_duration_that_another_node_states_is_kept_to()
    {
        Renew("own");
        _view.Observe(Node("slow"), new LeaseRecord("x", Duration * 3, default, _time.GetUtcNow(), 0));
        for (var passed = TimeSpan.Zero; passed < Duration * 2; passed += Period)
        {
            _time.Advance(Period);
            Renew("own");
        }

        Assert.Equal("own slow", Live);
    }

    [Fact]
    public void What_a_node_offers_is_read_back_as_it_was_written()
    {
        var network = IpPrefix.TryParse("192.0.2.0/24", out var prefix) ? prefix : default;
        var node = new AnnouncingNode("n", [new AnnouncingInterface("eth0", [network]), new AnnouncingInterface("eth1", [])])
        {
            Labels = Labels(("rack", "1")),
        };

        Assert.Equal(node, NodeOffer.Read("n", NodeOffer.Write(node)));
        Assert.Equal(new AnnouncingNode("n", []), NodeOffer.Read("n", "{broken"));
        Assert.Equal(new AnnouncingNode("n", []), NodeOffer.Read("n", null));
    }

    private string Live => string.Join(' ', _view.Live.Select(node => node.Name));

    private static AnnouncingNode Node(string name) => new(name, []);

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, string> Labels(params (string Key, string Value)[] labels) =>
        System.Collections.Immutable.ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, labels.Select(label => KeyValuePair.Create(label.Key, label.Value)));

    private void Renew(params string[] nodes)
    {
        foreach (var node in nodes)
        {
            _view.Observe(Node(node), new LeaseRecord("holder", Duration, default, _time.GetUtcNow().AddTicks(++_renewals), 0));
        }
    }
}
