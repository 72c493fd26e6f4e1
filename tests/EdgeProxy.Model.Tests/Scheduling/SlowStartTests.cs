using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Scheduling;

public sealed class SlowStartTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(100);

    private readonly TestService _service = new();

    [Theory]
    [InlineData("rr")]
    [InlineData("wrr")]
    [InlineData("swrr")]
    public void A_newcomer_gets_a_tenth_of_its_turns_then_half_then_all(string scheduler)
    {
        _service.Scheduling = new SchedulingPolicy { Scheduler = scheduler, SlowStart = Window };
        _service.Serve(2);
        _service.Serve(3);

        var atFirst = _service.Count(300)[2];
        _service.Time.Advance(Window / 2);
        var halfWay = _service.Count(300)[2];
        _service.Time.Advance(Window / 2);
        var inTheEnd = _service.Count(300)[2];

        Assert.InRange(atFirst, 5, 20);
        Assert.InRange(halfWay, 45, 75);
        Assert.InRange(inTheEnd, 98, 102);
    }

    [Theory]
    [InlineData("lc")]
    [InlineData("wlc")]
    public void An_idle_newcomer_is_not_flooded_by_counting_schedulers(string scheduler)
    {
        _service.Scheduling = new SchedulingPolicy { Scheduler = scheduler, SlowStart = Window };
        _service.Serve(2);
        Hold(200);

        _service.Serve(3);
        Hold(60);

        // A tenth of what each of the others has, although it was empty.
        Assert.InRange(_service[2].Active, 9, 14);
    }

    [Fact]
    public void The_first_endpoints_of_a_service_start_at_once()
    {
        _service.Scheduling = new SchedulingPolicy { SlowStart = Window };
        _service.Serve(2);

        Assert.Equal([10, 10], _service.Count(20));
        Assert.All(_service.Port.Backends, backend => Assert.False(backend.Ramp.IsRunning));
    }

    [Fact]
    public void An_endpoint_that_becomes_ready_again_starts_again()
    {
        _service.Scheduling = new SchedulingPolicy { SlowStart = Window };
        _service.Serve(2);
        _service.Serve(TestService.Endpoint(1), TestService.Endpoint(2) with { Ready = false });

        _service.Serve(2);

        Assert.InRange(_service.Count(200)[1], 5, 20);
    }

    [Fact]
    public void Without_a_window_a_newcomer_has_its_whole_share_at_once()
    {
        _service.Serve(2);
        _service.Serve(3);

        Assert.Equal([10, 10, 10], _service.Count(30));
    }

    private void Hold(int connections)
    {
        for (var i = 0; i < connections; i++)
        {
            _service.Pick()!.Hold();
        }
    }
}
