using EdgeProxy.Model.Health;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Health;

public sealed class HealthTests
{
    private static readonly HealthCheck Check = new() { Rise = 2, Fall = 3 };

    private readonly TestService _service = new() { HealthCheck = Check };

    [Theory]
    [InlineData("", true)]
    [InlineData("+", true)]
    [InlineData("-", false)] // its very first check
    [InlineData("+-", true)]
    [InlineData("+--", true)]
    [InlineData("+---", false)]
    [InlineData("+--+--", true)]
    [InlineData("+--+---", false)]
    [InlineData("-+", false)]
    [InlineData("-++", true)]
    [InlineData("-+-+", false)]
    [InlineData("-++--", true)]
    [InlineData("-++---", false)]
    public void Falls_and_rises_by_checks_in_a_row(string checks, bool healthy)
    {
        var backend = Objects.Backend("10.0.0.1:80");

        var changes = checks.Count(check => backend.ReportCheck(check == '+', Check));

        Assert.Equal(healthy, backend.IsHealthy);
        Assert.Equal(healthy, changes % 2 == 0);
    }

    [Theory]
    [InlineData("rr")]
    [InlineData("wrr")]
    [InlineData("lc")]
    [InlineData("p2c")]
    public void An_unhealthy_backend_is_passed_over_until_it_is_healthy_again(string scheduler)
    {
        _service.Scheduling = new SchedulingPolicy { Scheduler = scheduler };
        _service.Serve(3);

        Report(1, passed: false);
        Assert.Equal(0, _service.Count(30)[1]);

        Report(1, passed: true, times: 2);
        Assert.NotEqual(0, Holding(30)[1]);
    }

    [Fact]
    public void More_than_half_may_be_passed_over()
    {
        _service.Serve(4);

        Report(0, passed: false);
        Report(1, passed: false);
        Report(3, passed: false);

        Assert.Equal([0, 0, 30, 0], _service.Count(30));
    }

    [Fact]
    public void When_none_is_healthy_all_are_used_in_turn()
    {
        _service.Serve(2);

        Report(0, passed: false);
        Report(1, passed: false);

        Assert.Equal([15, 15], _service.Count(30));
    }

    [Fact]
    public void A_healthy_backend_of_weight_zero_is_no_reason_to_refuse_the_others()
    {
        _service.Serve(TestService.Endpoint(1), TestService.Endpoint(2) with { Weight = 0 });

        Report(0, passed: false);

        Assert.Same(_service[0], _service.Pick());
    }

    [Fact]
    public void An_unhealthy_backend_is_tried_when_nobody_else_is_left()
    {
        _service.Serve(2);
        Report(0, passed: false);
        var tried = default(TriedBackends);
        tried.Add(_service[1]);

        Assert.Same(_service[0], _service.Pick(tried));
    }

    [Fact]
    public void A_client_that_is_bound_to_an_unhealthy_backend_moves()
    {
        _service.AffinityTimeout = TimeSpan.FromHours(3);
        _service.Serve(2);
        Assert.Same(_service[0], _service.Pick());

        Report(0, passed: false);

        Assert.Same(_service[1], _service.Pick());
    }

    [Fact]
    public void Bindings_hold_when_none_is_healthy()
    {
        _service.AffinityTimeout = TimeSpan.FromHours(3);
        _service.Serve(2);
        Assert.Same(_service[0], _service.Pick());

        Report(0, passed: false);
        Report(1, passed: false);

        Assert.Same(_service[0], _service.Pick());
        Assert.Same(_service[0], _service.Pick());
    }

    [Fact]
    public void Health_outlives_snapshots_and_counts_only_where_it_is_checked()
    {
        _service.Serve(2);
        Report(0, passed: false);

        _service.Serve(3);
        Assert.Equal([0, 15, 15], _service.Count(30));

        _service.HealthCheck = null;
        _service.Serve(3);
        Assert.Equal([10, 10, 10], _service.Count(30));
    }

    private void Report(int index, bool passed, int times = 1)
    {
        for (; times > 0; times--)
        {
            _service[index].ReportCheck(passed, Check);
        }
    }

    /// <summary>How often each is picked by connections that stay, so that those that count connections get round.</summary>
    private int[] Holding(int picks)
    {
        var counts = new int[_service.Port.Backends.Length];
        for (; picks > 0; picks--)
        {
            var backend = _service.Pick()!;
            backend.Hold();
            counts[_service.Port.Backends.IndexOf(backend)]++;
        }

        return counts;
    }
}
