using System.Net;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Addresses;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Addresses;

public sealed class AddressMonitorTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 30_000)]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    public async Task An_address_that_comes_and_one_that_goes_are_heard_of(string text)
    {
        var (monitor, netlink) = await NetworkNamespace.RunAsync(() => (new AddressMonitor(TimeProvider.System), new RtNetlink()));
        using var ownsMonitor = monitor;
        using var ownsNetlink = netlink;
        var loopback = netlink.Links().Single().Index;

        netlink.SetUp(loopback);
        await monitor.WaitForChangeAsync(Deadline).InTime();

        Assert.Equal(0, netlink.AddAddress(loopback, IPAddress.Parse(text)));
        await monitor.WaitForChangeAsync(Deadline).InTime();

        Assert.Equal(0, netlink.DeleteAddress(loopback, IPAddress.Parse(text)));
        await monitor.WaitForChangeAsync(Deadline).InTime();
    }

    [Fact(Timeout = 30_000)]
    public async Task Changes_at_once_are_one_change()
    {
        var time = new ManualTimeProvider();
        var (monitor, netlink) = await NetworkNamespace.RunAsync(() => (new AddressMonitor(time), new RtNetlink()));
        using var ownsMonitor = monitor;
        using var ownsNetlink = netlink;
        var loopback = netlink.Links().Single().Index;
        netlink.SetUp(loopback);
        for (byte last = 1; last < 200; last++)
        {
            Assert.Equal(0, netlink.AddAddress(loopback, new IPAddress([192, 0, 2, last])));
        }

        var first = monitor.WaitForChangeAsync(Deadline);
        await AdvanceUntilAsync(time, first);

        // Nothing is left, or it would be taken at once and told when the clock moves.
        var second = monitor.WaitForChangeAsync(Deadline);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(second.IsCompleted);
        Assert.Equal(0, netlink.DeleteAddress(loopback, IPAddress.Parse("192.0.2.1")));
        await AdvanceUntilAsync(time, second);
    }

    private static async Task AdvanceUntilAsync(ManualTimeProvider time, Task wait)
    {
        await Deadlines.Until(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
                return wait.IsCompleted;
            },
            "the change to be told");
        await wait;
    }
}
