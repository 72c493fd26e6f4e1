using System.Net;
using System.Net.Sockets;
using EdgeProxy.Testing;
using EdgeProxy.Transport.Interop;
using EdgeProxy.Transport.Tcp;
using EdgeProxy.Transport.Tests.Support;

namespace EdgeProxy.Transport.Tests.Tcp;

/// <summary>The kernel itself says whom a program lets through: loopback has 16 million client addresses.</summary>
public sealed class SourceFilterTests
{
    private const uint Loopback = 127u << 24;

    private static readonly SourceFilter Nobody = SourceFilter.TryAllow([], isIPv6: false)!;

    [Fact]
    public async Task Clients_inside_the_ranges_are_accepted_and_all_others_hear_nothing()
    {
        await using var harness = TcpHarness.Start();
        using var marker = Marker.Start(IPAddress.Loopback);
        var random = Seeds.Next(salt: 71);
        for (var round = 0; round < 60; round++)
        {
            var ranges = Enumerable.Range(0, random.Next(5)).Select(_ => new SourceRange(RandomAddress(random), random.Next(1, 33))).ToList();
            var clients = Enumerable.Range(0, 3).Select(_ => RandomAddress(random)).Concat(ranges.SelectMany(range => Neighbours(range, random))).ToList();
            harness.Listener.SetFilter(SourceFilter.TryAllow(ranges, isIPv6: false));
            await harness.CatchUpAsync();

            var attempts = clients.ConvertAll(client => (Client: client, Attempt: Connect(harness, AddressOf(client))));
            await marker.RoundTripAsync();

            foreach (var (client, attempt) in attempts)
            {
                var isAllowed = ranges.Exists(range => (client ^ (uint)range.Network) >> (32 - range.Length) == 0);
                Assert.True(isAllowed == await IsHeardAsync(attempt, isAllowed), $"{AddressOf(client)} with {string.Join(' ', ranges)}");
                attempt.Dispose();
            }
        }

        Assert.Empty(harness.Exceptions);
    }

    [Fact]
    public async Task Every_bit_of_an_IPv6_address_counts_up_to_the_length_of_the_range()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "No IPv6 here.");
        await using var harness = TcpHarness.Start(new TcpHarnessOptions { Address = IPAddress.IPv6Loopback });
        using var marker = Marker.Start(IPAddress.IPv6Loopback);
        for (var length = 1; length <= 128; length++)
        {
            Assert.False(await PassesAsync(new SourceRange(UInt128.One ^ (UInt128.One << (128 - length)), length), isAllowed: false), $"/{length}, last bit differs");
            Assert.True(await PassesAsync(new SourceRange(length < 128 ? UInt128.Zero : UInt128.One, length), isAllowed: true), $"/{length}");
        }

        async Task<bool> PassesAsync(SourceRange range, bool isAllowed)
        {
            harness.Listener.SetFilter(SourceFilter.TryAllow([range], isIPv6: true));
            await harness.CatchUpAsync();
            using var attempt = Connect(harness, IPAddress.IPv6Loopback);
            await marker.RoundTripAsync();
            return await IsHeardAsync(attempt, isAllowed);
        }
    }

    [Fact]
    public async Task A_listener_can_be_deaf_from_its_first_client_on()
    {
        await using var harness = TcpHarness.Start(new TcpHarnessOptions { Filter = Nobody });
        using var marker = Marker.Start(IPAddress.Loopback);

        using var attempt = Connect(harness, IPAddress.Loopback);
        await marker.RoundTripAsync();

        Assert.True(attempt.IsUnanswered);
    }

    [Fact]
    public async Task Open_connections_go_on_under_any_filter_and_whoever_waited_is_served_when_it_goes()
    {
        await using var harness = TcpHarness.Start(new TcpHarnessOptions { Filter = SourceFilter.TryAllow([new SourceRange(Loopback, 8)], isIPv6: false) });
        using var before = await harness.ConnectAsync();

        harness.Listener.SetFilter(Nobody);
        await harness.CatchUpAsync();
        using var waiting = Connect(harness, IPAddress.Loopback);
        await before.Client.SendTextAsync("ping");
        Assert.Equal("ping", await before.Backend.ReceiveTextAsync(4));
        await before.Backend.SendTextAsync("pong");
        Assert.Equal("pong", await before.Client.ReceiveTextAsync(4));
        Assert.True(waiting.IsUnanswered);

        // The client's kernel asks again after a second: dropped means that it may.
        harness.Listener.SetFilter(null);
        await waiting.Answered.InTime();
    }

    [Fact]
    public async Task Who_was_answered_before_a_filter_came_gets_through_and_stays()
    {
        // With TCP_DEFER_ACCEPT (tcp(7)) a handshake ends with the client's first data: the filter comes in the middle of it.
        const int TcpDeferAccept = 9;
        const int Seconds = 10;
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetRawSocketOption(Libc.IPPROTO_TCP, TcpDeferAccept, BitConverter.GetBytes(Seconds));
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken).InTime();

        Assert.Equal(0, NativeSocket.AttachFilter((int)listener.Handle, Nobody.Program.AsSpan()));
        await client.SendTextAsync("ping");

        using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken).InTime();
        Assert.Equal("ping", await accepted.ReceiveTextAsync(4));
        await client.SendTextAsync("more");
        Assert.Equal("more", await accepted.ReceiveTextAsync(4));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_largest_filter_there_may_be_is_taken_also_in_place_of_another(bool isIPv6)
    {
        Assert.SkipUnless(!isIPv6 || Socket.OSSupportsIPv6, "No IPv6 here.");
        await using var harness = TcpHarness.Start(new TcpHarnessOptions { Address = isIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback });
        var ranges = new List<SourceRange>();
        var largest = Nobody;
        for (uint i = 0; SourceFilter.TryAllow(ranges, isIPv6) is { } filter; i++)
        {
            largest = filter;
            ranges.Add(new SourceRange(isIPv6 ? (UInt128.MaxValue << 32) + i : 0xF000_0000 + i, isIPv6 ? 128 : 32));
        }

        harness.Listener.SetFilter(largest);
        harness.Listener.SetFilter(largest);
        await harness.CatchUpAsync();

        Assert.Empty(harness.Exceptions);
        Assert.InRange(ranges.Count, 20, 1_100);
    }

    private static ConnectAttempt Connect(TcpHarness harness, IPAddress from) =>
        new(harness.Listener.LocalEndpoint.ToIPEndPoint(), from, TestContext.Current.CancellationToken);

    /// <summary>Who should be answered is given the time that takes; silence is judged after a round trip to the marker.</summary>
    private static async Task<bool> IsHeardAsync(ConnectAttempt attempt, bool isAllowed)
    {
        if (isAllowed)
        {
            await attempt.Answered.InTime();
        }

        return !attempt.IsUnanswered;
    }

    private static uint RandomAddress(Random random) => Loopback | (uint)random.Next(1, 0xFF_FFFE);

    /// <summary>One address inside a range, and one that differs in its last bit that counts.</summary>
    private static IEnumerable<uint> Neighbours(SourceRange range, Random random)
    {
        var host = range.Length == 32 ? 0 : (uint)random.NextInt64() & (uint.MaxValue >> range.Length) & 0xFF_FFFF;
        yield return (uint)range.Network ^ host;
        if (range.Length > 8)
        {
            yield return (uint)range.Network ^ (1u << (32 - range.Length));
        }
    }

    private static IPAddress AddressOf(uint bits) => new IpEndpoint(bits, 0, isIPv6: false).Address;

    /// <summary>A listener without a filter: what was sent before a round trip to it has been judged.</summary>
    private sealed class Marker(Socket listener) : IDisposable
    {
        public static Marker Start(IPAddress address)
        {
            var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(address, 0));
            listener.Listen();
            return new Marker(listener);
        }

        public async Task RoundTripAsync()
        {
            using var attempt = new ConnectAttempt((IPEndPoint)listener.LocalEndPoint!, from: null, TestContext.Current.CancellationToken);
            using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken).InTime();
            await attempt.Answered.InTime();
        }

        public void Dispose() => listener.Dispose();
    }
}
