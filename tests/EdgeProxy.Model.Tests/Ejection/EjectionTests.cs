using EdgeProxy.Model.Ejection;
using EdgeProxy.Model.Scheduling;
using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Ejection;

public sealed class EjectionTests
{
    private static readonly TimeSpan First = FailureCount.BaseTime;

    private readonly TestService _service = new();

    [Fact]
    public void Five_failures_in_a_row_eject_for_a_while()
    {
        _service.Serve(3);

        Assert.Null(Fail(0, times: 4));
        Assert.Equal([10, 10, 10], _service.Count(30));

        Assert.Equal(First, Fail(0));
        Assert.Equal([0, 15, 15], _service.Count(30));

        _service.Time.Advance(First);
        Assert.Equal([10, 10, 10], _service.Count(30));
    }

    [Fact]
    public void A_success_in_between_starts_the_count_anew()
    {
        _service.Serve(3);

        for (var i = 0; i < 5; i++)
        {
            Assert.Null(Fail(0, times: 4));
            _service.Port.ReportConnected(_service[0], TimeSpan.Zero);
        }
    }

    [Fact]
    public void After_an_ejection_one_failure_ejects_for_longer_up_to_a_limit_and_one_success_forgives()
    {
        _service.Serve(3);
        var time = Fail(0, times: 5)!.Value;
        for (var n = 2; n < 50; n++)
        {
            _service.Time.Advance(time);
            time = Fail(0)!.Value;
            Assert.Equal(First * n < FailureCount.MaxTime ? First * n : FailureCount.MaxTime, time);
        }

        _service.Time.Advance(time);
        _service.Port.ReportConnected(_service[0], TimeSpan.Zero);

        Assert.Null(Fail(0, times: 4));
        Assert.Equal(First, Fail(0));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    public void Never_more_than_half_are_ejected(int endpoints, int most)
    {
        _service.Serve(endpoints);

        var ejected = Enumerable.Range(0, endpoints).Count(index => Fail(index, times: 10) is not null);

        Assert.Equal(most, ejected);
        Assert.Equal(endpoints - most, _service.Count(100).Count(picks => picks > 0));
    }

    [Fact]
    public void Endpoints_that_serve_nobody_do_not_count_as_the_other_half()
    {
        _service.Serve(TestService.Endpoint(1), TestService.Endpoint(2) with { Ready = false }, TestService.Endpoint(3) with { Weight = 0 });

        Assert.Null(Fail(0, times: 10));
    }

    [Fact]
    public void An_ejected_backend_is_picked_when_nobody_else_is_left()
    {
        _service.Serve(2);
        Fail(0, times: 5);
        var tried = default(TriedBackends);
        tried.Add(_service[1]);

        Assert.Same(_service[0], _service.Pick(tried));
        Assert.Same(_service[0], _service.Pick(new RoundRobin([_service[0]])));
    }

    [Fact]
    public void An_ejection_outlives_snapshots_but_not_the_endpoint()
    {
        _service.Serve(2);
        Fail(0, times: 5);

        _service.Serve(3);
        Assert.Equal(0, _service.Count(30)[0]);

        _service.Serve(TestService.Endpoint(2));
        _service.Serve(2);
        Assert.Equal(5, _service.Count(10)[0]);
    }

    [Fact]
    public void A_client_that_is_bound_to_an_ejected_backend_moves_and_stays_moved()
    {
        _service.AffinityTimeout = TimeSpan.FromHours(3);
        _service.Serve(2);
        Assert.Same(_service[0], _service.Pick());

        Fail(0, times: 5);
        Assert.Same(_service[1], _service.Pick());
        _service.Time.Advance(First);

        Assert.Same(_service[1], _service.Pick());
    }

    [Fact]
    public void A_client_that_is_bound_to_a_quiesced_backend_moves()
    {
        _service.AffinityTimeout = TimeSpan.FromHours(3);
        _service.Serve(2);
        Assert.Same(_service[0], _service.Pick());

        _service.Serve(TestService.Endpoint(1) with { Weight = 0 }, TestService.Endpoint(2));

        Assert.Same(_service[1], _service.Pick());
    }

    [Fact]
    public void Switched_off_nobody_is_ejected()
    {
        _service.EjectsFailing = false;
        _service.Serve(3);

        Assert.Null(Fail(0, times: 100));
        Assert.Equal([10, 10, 10], _service.Count(30));
    }

    private TimeSpan? Fail(int index, int times = 1)
    {
        TimeSpan? ejected = null;
        for (; times > 0; times--)
        {
            ejected = _service.Port.ReportFailed(_service[index]) ?? ejected;
        }

        return ejected;
    }
}
