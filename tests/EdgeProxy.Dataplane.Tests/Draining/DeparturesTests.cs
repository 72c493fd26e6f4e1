using EdgeProxy.Dataplane.Draining;
using EdgeProxy.Model;
using EdgeProxy.Testing;

namespace EdgeProxy.Dataplane.Tests.Draining;

public sealed class DeparturesTests
{
    private static readonly NamespacedName Name = new("default", "web");
    private static readonly Endpoint A = new() { Address = EndpointAddress.Parse("10.0.0.1:80") };
    private static readonly Endpoint B = new() { Address = EndpointAddress.Parse("10.0.0.2:80") };

    private readonly ManualTimeProvider _clock = new();
    private readonly Departures _departures = new();
    private ProxySnapshot _live = ProxySnapshot.Empty;

    [Fact]
    public void An_endpoint_that_is_gone_has_until_the_timeout()
    {
        Serve(A, B);
        var gone = Hold(A);
        Hold(B);

        Serve(B);
        Assert.Equal(At(30), _departures.NextDue);
        Assert.Empty(TakeDueAt(29.999));

        Assert.Equal([gone], TakeDueAt(30));
        Assert.Null(_departures.NextDue);
        Assert.Empty(TakeDueAt(60));
    }

    [Fact]
    public void The_time_of_a_terminating_endpoint_does_not_begin_again_when_it_is_removed()
    {
        Serve(A, B);
        var leaving = Hold(A);

        Serve(A with { Ready = false, Terminating = true }, B);
        _clock.Advance(At(20));
        Serve(B);

        Assert.Equal([leaving], TakeDueAt(30));
    }

    [Fact]
    public void What_a_terminating_endpoint_got_after_its_time_goes_when_it_is_removed()
    {
        Serve(A);
        var leaving = Hold(A);
        Serve(A with { Ready = false, Terminating = true });
        Assert.Equal([leaving], TakeDueAt(30));

        Serve();

        Assert.Equal([leaving], TakeDueAt(60));
    }

    [Fact]
    public void An_endpoint_that_is_only_not_ready_keeps_its_connections()
    {
        Serve(A, B);
        Hold(A);

        Serve(A with { Ready = false, Serving = false }, B);

        Assert.Null(_departures.NextDue);
    }

    [Fact]
    public void A_deleted_service_takes_its_endpoints_with_it()
    {
        Serve(A, B);
        var all = new[] { Hold(A), Hold(B) };

        Publish(builder => builder.RemoveService(Name));

        Assert.Equal(all, TakeDueAt(30));
    }

    [Fact]
    public void An_endpoint_that_comes_back_keeps_its_connections_and_takes_them_along_when_it_goes_again()
    {
        Serve(A, B);
        var before = Hold(A);
        Serve(B);
        _clock.Advance(At(10));

        Serve(A, B);
        Assert.Null(_departures.NextDue);
        var after = Hold(A);
        Assert.NotSame(before, after);

        Serve(B);
        Assert.Equal([before, after], TakeDueAt(40));
    }

    [Fact]
    public void An_endpoint_without_connections_is_not_worth_a_look()
    {
        Serve(A, B);

        Serve(B);

        Assert.Empty(TakeDueAt(30));
    }

    [Fact]
    public void Services_without_a_drain_timeout_and_udp_leave_nothing_behind()
    {
        Publish(builder => builder.SetService(Service(drain: null, TransportProtocol.Tcp, A)));
        Publish(builder => builder.SetService(Service(drain: null, TransportProtocol.Tcp)));
        Publish(builder => builder.SetService(Service(At(30), TransportProtocol.Udp, A)));
        Publish(builder => builder.SetService(Service(At(30), TransportProtocol.Udp)));

        Assert.Null(_departures.NextDue);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static ServiceConfig Service(TimeSpan? drain, TransportProtocol protocol, params Endpoint[] endpoints) => new()
    {
        Name = Name,
        Timeouts = new ServiceTimeouts { Drain = drain },
        Ports = [new ServicePortConfig { Name = "", Protocol = protocol, Port = 80, Endpoints = [.. endpoints] }],
    };

    private void Serve(params Endpoint[] endpoints) => Publish(builder => builder.SetService(Service(At(30), TransportProtocol.Tcp, endpoints)));

    private void Publish(Action<SnapshotBuilder> change)
    {
        var builder = new SnapshotBuilder(_live, new LocalNode { Name = "n1" }, _clock);
        change(builder);
        var next = builder.Build();
        _departures.Follow(_live, next, _clock.GetElapsedTime(0));
        _live = next;
    }

    /// <summary>A connection to an endpoint.</summary>
    private Backend Hold(Endpoint endpoint)
    {
        var backend = _live.Services[Name].Ports[0].Backends.Single(backend => backend.Address == endpoint.Address);
        backend.Hold();
        return backend;
    }

    private IEnumerable<Backend> TakeDueAt(double seconds) => _departures.TakeDue(At(seconds)).Select(left => left.Backend);
}
