using EdgeProxy.Kubernetes.Events;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Tests.Events;

public sealed class EventLedgerTests
{
    private static readonly Regarding Web = new("networking.k8s.io/v1", "Ingress", new NamespacedName("default", "web"), "1");
    private static readonly EventCondition Missing = new(Web, EventReason.BackendMissing, "there is no Service");
    private static readonly EventCondition Accepted = new(Web, EventReason.Accepted, "the Ingress is served");

    private readonly EventLedger _ledger = new();
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Fact]
    public void What_is_wrong_for_a_moment_is_not_worth_an_Event()
    {
        Observe(Missing);
        After(4);
        Assert.Empty(Due());

        Observe();
        After(60);
        Assert.Empty(Due());
    }

    [Fact]
    public void What_stays_wrong_is_said_once_and_again_every_half_hour()
    {
        Observe(Missing);
        After(5);
        Assert.Equal([(Missing, 1)], SayDue());
        After(29 * 60);
        Assert.Empty(Due());
        After(60);
        Assert.Equal([(Missing, 2)], SayDue());
        Assert.Empty(Due());
    }

    [Fact]
    public void What_comes_back_is_the_same_Event_once_more()
    {
        Observe(Missing);
        After(5);
        SayDue();
        Observe();
        After(60);
        Observe(Missing);
        After(5);

        Assert.Equal([(Missing, 2)], SayDue());
    }

    [Fact]
    public void What_is_served_at_start_is_no_news_and_what_comes_later_is()
    {
        Observe(Accepted);
        Assert.Empty(Due());

        var other = Accepted with { Regarding = Web with { Uid = "2" } };
        Observe(Accepted, other);

        Assert.Equal([(other, 1)], SayDue());
    }

    [Fact]
    public void Good_news_that_nobody_could_write_grows_old_and_bad_news_does_not()
    {
        Observe();
        Observe(Accepted, Missing);
        After(5 * 60);

        Assert.Equal([(Missing, 1)], SayDue());
        Assert.False(_ledger.IsWaiting(_now));
    }

    private void Observe(params EventCondition[] holding) => _ledger.Observe(holding.ToHashSet(), _now);

    private void After(double seconds) => _now += TimeSpan.FromSeconds(seconds);

    private IEnumerable<(EventCondition Condition, int Count)> Due() => _ledger.Due(_now).Select(due => (due.Condition, due.Count));

    private List<(EventCondition Condition, int Count)> SayDue()
    {
        var due = Due().ToList();
        due.ForEach(each => _ledger.Said(each.Condition, each.Count, _now));
        return due;
    }
}
