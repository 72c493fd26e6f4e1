using EdgeProxy.Model.Scheduling;
using EdgeProxy.Testing;

namespace EdgeProxy.Model.Tests.Support;

/// <summary>Short ways to ask a scheduler.</summary>
internal static class Schedulers
{
    private static readonly EndpointAddress AnyClient = EndpointAddress.Parse("198.51.100.1:40000");
    private static readonly IpAddr AnyDestination = IpAddr.Parse("172.16.0.1");
    private static readonly ManualTimeProvider StoppedClock = new();

    public static Backend? Next(this Scheduler scheduler, in TriedBackends tried = default) => scheduler.For(AnyClient, tried);

    public static Backend? For(this Scheduler scheduler, EndpointAddress client, in TriedBackends tried = default) =>
        scheduler.Pick(new Arrival(client, AnyDestination, tried, StoppedClock));

    public static Backend? At(this Scheduler scheduler, TimeProvider time) =>
        scheduler.Pick(new Arrival(AnyClient, AnyDestination, default(TriedBackends), time));
}
