using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeProxy.EndToEnd.Tests.TwoNodes;

namespace EdgeProxy.EndToEnd.Tests.LayerTwo;

/// <summary>
/// Load-balancer addresses on a LAN with three nodes, as a client there sees them: it asks by ARP all the while who has an address, and never
/// may two answer.
/// </summary>
public sealed class AnnouncementTests(Segment segment) : IClassFixture<Segment>, IAsyncLifetime
{
    private const int MaxServices = 500;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await segment.StartAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact(Timeout = 90_000)]
    public async Task A_killed_owner_is_replaced_and_takes_its_address_back()
    {
        const string Address = "192.0.64.10";
        await using var watch = await AnnounceAsync("killed", Address);
        var owner = await HolderAsync(watch, Address);

        // The client's ARP cache has the owner's address from now on, until it is told of another one.
        Assert.NotNull(await segment.AskAsync(Address));
        var since = TimeProvider.System.GetTimestamp();
        await segment.KillAsync(owner);
        await HolderAsync(watch, Address, [.. Others(owner)]);
        Report("killed", since, watch.LongestSilence(Address));
        Assert.NotNull(await segment.AskAsync(Address));

        await segment.RunAsync(owner);
        await HolderAsync(watch, Address, owner);
        Assert.NotNull(await segment.AskAsync(Address));
        Assert.Equal("", watch.AnsweredTwice());
    }

    [Fact(Timeout = 90_000)]
    public async Task A_paused_owner_is_replaced_and_does_not_answer_when_it_wakes()
    {
        const string Address = "192.0.64.11";
        await using var watch = await AnnounceAsync("paused", Address);
        var owner = await HolderAsync(watch, Address);

        var since = TimeProvider.System.GetTimestamp();
        segment.Process(owner).Pause();
        try
        {
            await HolderAsync(watch, Address, [.. Others(owner)]);
            Report("paused", since, watch.LongestSilence(Address));
            Assert.NotNull(await segment.AskAsync(Address));
        }
        finally
        {
            segment.Process(owner).Resume();
        }

        // It says itself that it was away, and is counted on again later.
        await segment.Process(owner).WaitForLogAsync("stood still");
        await HolderAsync(watch, Address, owner);
        Assert.Equal("", watch.AnsweredTwice());
    }

    [Fact(Timeout = 90_000)]
    public async Task An_owner_without_a_link_is_replaced_though_it_can_renew_its_lease()
    {
        const string Address = "192.0.64.12";
        await using var watch = await AnnounceAsync("unplugged", Address);
        var owner = await HolderAsync(watch, Address);

        var since = TimeProvider.System.GetTimestamp();
        await segment.Client.IpAsync($"link set node-{owner} down");
        try
        {
            await HolderAsync(watch, Address, [.. Others(owner)]);
            Report("unplugged", since, watch.LongestSilence(Address));
        }
        finally
        {
            await segment.Client.IpAsync($"link set node-{owner} up");
        }

        await HolderAsync(watch, Address, owner);
        Assert.Equal("", watch.AnsweredTwice());
    }

    [Fact(Timeout = 90_000)]
    public async Task An_owner_that_cannot_reach_the_API_server_hands_over_when_it_is_asked()
    {
        const string Address = "192.0.64.13";
        await using var watch = await AnnounceAsync("cut-off", Address);
        var owner = await HolderAsync(watch, Address);

        var since = TimeProvider.System.GetTimestamp();
        await segment.Client.IpAsync($"link set mgmt-{owner} down");
        try
        {
            await HolderAsync(watch, Address, [.. Others(owner)]);
            Report("cut off from the API server", since, watch.LongestSilence(Address));
        }
        finally
        {
            await segment.Client.IpAsync($"link set mgmt-{owner} up");
        }

        await HolderAsync(watch, Address, owner);
        Assert.Equal("", watch.AnsweredTwice());
    }

    [Fact(Timeout = 90_000)]
    public async Task Addresses_stay_where_they_are_while_nobody_reaches_the_API_server()
    {
        const string Address = "192.0.64.14";
        await using var watch = await AnnounceAsync("outage", Address);

        await segment.Api.VanishAsync();
        try
        {
            // Longer than any Lease lasts.
            for (var node = 1; node <= 3; node++)
            {
                await segment.Process(node).WaitForLogAsync("was not renewed in time");
            }

            var owner = await HolderAsync(watch, Address);
            Assert.Contains(Address, await segment.AnnouncedAsync(owner));
            Assert.NotNull(await segment.AskAsync(Address));
        }
        finally
        {
            await segment.Api.ListenAsync();
        }

        Assert.NotNull(await segment.AskAsync(Address));
        Assert.Equal("", watch.AnsweredTwice());
    }

    [Fact(Timeout = 90_000)]
    public async Task A_process_that_ends_gives_its_address_to_the_next_at_once()
    {
        const string Address = "192.0.64.15";
        await using var watch = await AnnounceAsync("restarted", Address);
        var owner = await HolderAsync(watch, Address);

        var since = TimeProvider.System.GetTimestamp();
        segment.Process(owner).Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await segment.Process(owner).WaitForExitAsync());
        Assert.Empty(await segment.AnnouncedAsync(owner));
        await HolderAsync(watch, Address, [.. Others(owner)]);
        Report("stopped", since, watch.LongestSilence(Address));

        await segment.RunAsync(owner);
        await HolderAsync(watch, Address, owner);
        Assert.Equal("", watch.AnsweredTwice());
    }

    [Fact(Timeout = 90_000)]
    public async Task Neighbours_find_an_IPv6_address_and_where_it_went()
    {
        const string Address = "2001:db8:a::f010";
        segment.Publish("six", "Cluster", [Address], segment.Pods[1..]);
        var owner = await segment.OwnerAsync(Address);
        Assert.NotNull(await segment.AskAsync(Address));
        Assert.Contains(segment.Mac(owner), await NeighbourAsync(Address), StringComparison.Ordinal);

        await segment.Client.IpAsync($"link set node-{owner} down");
        var successor = await segment.OwnerAsync(Address, [.. Others(owner)]);
        Assert.NotNull(await segment.AskAsync(Address));

        Assert.Contains(segment.Mac(successor), await NeighbourAsync(Address), StringComparison.Ordinal);
        await segment.Client.IpAsync($"link set node-{owner} up");
        await segment.OwnerAsync(Address, owner);
    }

    [Fact(Timeout = 90_000)]
    public async Task With_policy_Local_an_address_follows_the_endpoints()
    {
        const string Address = "192.0.64.16";
        segment.Publish("local", "Local", [Address], segment.Pods[2]);
        Assert.Equal(2, await segment.OwnerAsync(Address, 2));
        await using var watch = await StartWatchAsync(Address);
        var answer = await segment.AskAsync(Address);
        Assert.Equal("p2", answer.Pod);

        segment.Publish("local", "Local", [Address], segment.Pods[3]);
        Assert.Equal(3, await segment.OwnerAsync(Address, 3));
        Assert.Equal("p3", (await segment.AskAsync(Address)).Pod);

        // Two nodes may have it now; whoever it is serves with its own pod.
        segment.Publish("local", "Local", [Address], segment.Pods[1], segment.Pods[3]);
        var owner = await segment.OwnerAsync(Address, 1, 3);
        for (var i = 0; i < 5; i++)
        {
            owner = await segment.OwnerAsync(Address, 1, 3);
            Assert.Contains((await segment.AskAsync(Address)).Pod, new[] { "p1", "p3" });
        }

        // Nobody can serve: nobody has it.
        segment.Publish("local", "Local", [Address]);
        while ((await segment.AnnouncedAsync(owner)).Contains(Address))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Deadline);
        }

        Assert.Equal("", watch.AnsweredTwice());
    }

    [Fact(Timeout = 90_000)]
    public async Task An_address_that_a_stranger_has_is_not_taken_and_is_said()
    {
        const string Address = "192.0.64.17";
        await segment.Client.IpAsync($"address add {Address}/32 dev lan");
        segment.Publish("stranger", "Cluster", [Address], segment.Pods[1..]);
        await Task.WhenAny(
            segment.Process(1).WaitForLogAsync($"{Address} is not announced"),
            segment.Process(2).WaitForLogAsync($"{Address} is not announced"),
            segment.Process(3).WaitForLogAsync($"{Address} is not announced")).Unwrap();
        for (var node = 1; node <= 3; node++)
        {
            Assert.DoesNotContain(Address, await segment.AnnouncedAsync(node));
        }

        await segment.Client.IpAsync($"address delete {Address}/32 dev lan");
        await segment.OwnerAsync(Address);
    }

    [Fact(Timeout = 90_000)]
    public async Task Five_hundred_services_are_spread_evenly()
    {
        for (var i = 0; i < MaxServices; i++)
        {
            segment.Publish(Name(i), "Cluster", [Address(i)], segment.Pods[1..]);
        }

        int[] counts;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Deadline);
            var each = await Task.WhenAll(segment.AnnouncedAsync(1), segment.AnnouncedAsync(2), segment.AnnouncedAsync(3));
            counts = [.. each.Select(announced => announced.Count(address => address.StartsWith("192.0.7", StringComparison.Ordinal)))];
        }
        while (counts.Sum() != MaxServices);

        TestContext.Current.SendDiagnosticMessage("500 addresses: " + string.Join(", ", counts));
        Assert.All(counts, count => Assert.InRange(count, MaxServices / 4, MaxServices * 5 / 12));
        Assert.NotNull(await segment.AskAsync(Address(0)));
        for (var i = 0; i < MaxServices; i++)
        {
            segment.Withdraw(Name(i));
        }

        static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"many-{i}");
        static string Address(int i) => string.Create(CultureInfo.InvariantCulture, $"192.0.{70 + (i / 250)}.{i % 250}");
    }

    private static IEnumerable<int> Others(int node) => Enumerable.Range(1, 3).Where(other => other != node);

    private static void Report(string what, long since, TimeSpan silence) => TestContext.Current.SendDiagnosticMessage(string.Create(
        CultureInfo.InvariantCulture,
        $"Owner {what}: another one answered after {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.00} s; nobody did for {silence.TotalSeconds:0.00} s."));

    private Task<ArpWatch> StartWatchAsync(string address) => ArpWatch.StartAsync(segment.Client, "lan", Segment.ClientAddress, address);

    /// <summary>A Service with an address, and a client that asks for it all the while.</summary>
    private async Task<ArpWatch> AnnounceAsync(string name, string address)
    {
        segment.Publish(name, "Cluster", [address], segment.Pods[1..]);
        return await StartWatchAsync(address);
    }

    /// <summary>Waits until one node answers for an address, one of these if any are given, and says which.</summary>
    private async Task<int> HolderAsync(ArpWatch watch, string address, params int[] among)
    {
        var asked = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var node = Enumerable.Range(1, 3).FirstOrDefault(node => watch.Holder(address) == segment.Mac(node));
            if (node > 0 && (among.Length == 0 || among.Contains(node)))
            {
                return node;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(asked) < Segment.Patience, $"{address}: '{watch.Holder(address)}' answers.\n{segment.Logs}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Deadline);
        }
    }

    private Task<string> NeighbourAsync(string address) => segment.Client.IpAsync($"neighbour show {address} dev lan");
}
