using System.Collections.Immutable;
using EdgeProxy.Model.Affinity;
using EdgeProxy.Model.Tests.Support;
using EdgeProxy.Testing;

namespace EdgeProxy.Model.Tests.Affinity;

public sealed class AffinityTableTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly IpAddr Alice = IpAddr.Parse("198.51.100.1");
    private static readonly IpAddr Bob = IpAddr.Parse("2001:db8::b0b");
    private static readonly IpAddr Carol = IpAddr.Parse("198.51.100.3");

    private readonly ManualTimeProvider _time = new();
    private readonly ImmutableArray<Backend> _backends = Objects.Backends(3);

    [Fact]
    public void A_client_is_found_with_its_own_backend()
    {
        var table = new AffinityTable(_time);
        table.Remember(Alice, _backends[0], Timeout);
        table.Remember(Bob, _backends[1], Timeout);

        Assert.Same(_backends[0], table.Find(Alice, Timeout));
        Assert.Same(_backends[1], table.Find(Bob, Timeout));
        Assert.Null(table.Find(Carol, Timeout));
        Assert.Equal(2, table.Count);
    }

    [Fact]
    public void An_entry_lasts_until_the_timeout_and_not_at_it()
    {
        var table = new AffinityTable(_time);
        table.Remember(Alice, _backends[0], Timeout);

        _time.Advance(Timeout - Tick);
        Assert.Same(_backends[0], table.Find(Alice, Timeout));

        _time.Advance(Tick);
        Assert.Null(table.Find(Alice, Timeout));
    }

    [Fact]
    public void A_new_connection_starts_the_time_anew()
    {
        var table = new AffinityTable(_time);
        table.Remember(Alice, _backends[0], Timeout);
        _time.Advance(Timeout - Tick);
        table.Remember(Alice, _backends[0], Timeout);

        _time.Advance(Timeout - Tick);

        Assert.Same(_backends[0], table.Find(Alice, Timeout));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void Looking_does_not_start_the_time_anew()
    {
        var table = new AffinityTable(_time);
        table.Remember(Alice, _backends[0], Timeout);
        _time.Advance(Timeout - Tick);
        table.Find(Alice, Timeout);

        _time.Advance(Tick);

        Assert.Null(table.Find(Alice, Timeout));
    }

    [Fact]
    public void The_last_backend_counts()
    {
        var table = new AffinityTable(_time);
        table.Remember(Alice, _backends[0], Timeout);
        table.Remember(Alice, _backends[1], Timeout);

        Assert.Same(_backends[1], table.Find(Alice, Timeout));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void A_timeout_that_was_changed_counts_for_entries_that_are_there_already()
    {
        var table = new AffinityTable(_time);
        table.Remember(Alice, _backends[0], Timeout);
        _time.Advance(Timeout / 2);

        Assert.Null(table.Find(Alice, Timeout / 2));
        Assert.Same(_backends[0], table.Find(Alice, Timeout * 2));
    }

    [Fact]
    public void A_forgotten_client_is_gone_and_the_others_stay()
    {
        var table = new AffinityTable(_time);
        table.Remember(Alice, _backends[0], Timeout);
        table.Remember(Bob, _backends[1], Timeout);

        table.Forget(Alice);
        table.Forget(Carol);

        Assert.Null(table.Find(Alice, Timeout));
        Assert.Same(_backends[1], table.Find(Bob, Timeout));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void A_full_table_forgets_who_was_refreshed_longest_ago()
    {
        var table = new AffinityTable(_time, capacity: 2);
        table.Remember(Alice, _backends[0], Timeout);
        table.Remember(Bob, _backends[1], Timeout);
        table.Remember(Alice, _backends[0], Timeout);

        table.Remember(Carol, _backends[2], Timeout);

        Assert.Null(table.Find(Bob, Timeout));
        Assert.Same(_backends[0], table.Find(Alice, Timeout));
        Assert.Same(_backends[2], table.Find(Carol, Timeout));
        Assert.Equal(2, table.Count);
    }

    [Fact]
    public void A_full_table_refreshes_a_client_it_knows_without_forgetting_another()
    {
        var table = new AffinityTable(_time, capacity: 2);
        table.Remember(Alice, _backends[0], Timeout);
        table.Remember(Bob, _backends[1], Timeout);

        table.Remember(Alice, _backends[2], Timeout);

        Assert.Same(_backends[1], table.Find(Bob, Timeout));
    }

    [Fact]
    public void Expired_entries_leave_when_a_new_client_comes()
    {
        var table = new AffinityTable(_time);
        table.Remember(Alice, _backends[0], Timeout);
        table.Remember(Bob, _backends[1], Timeout);
        _time.Advance(Timeout);

        table.Remember(Carol, _backends[2], Timeout);

        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void Random_use_agrees_with_a_plain_list() =>
        Seeds.Check(300, random =>
        {
            var time = new ManualTimeProvider();
            var capacity = random.Next(1, 6);
            var table = new AffinityTable(time, capacity);
            var model = new PlainAffinity(capacity);
            for (var step = 0; step < 200; step++)
            {
                var client = new IpAddr((uint)random.Next(8), IsIPv6: random.Chance(0.5));
                switch (random.Next(5))
                {
                    case 0 or 1:
                        var backend = random.OneOf(_backends);
                        table.Remember(client, backend, Timeout);
                        model.Remember(client, backend, time.GetTimestamp());
                        break;

                    case 2:
                        table.Forget(client);
                        model.Forget(client);
                        break;

                    case 3:
                        time.Advance(Timeout / random.Next(1, 8));
                        break;

                    default:
                        Assert.Same(model.Find(client, time.GetTimestamp()), table.Find(client, Timeout));
                        break;
                }

                Assert.InRange(table.Count, 0, capacity);
            }
        });

    [Fact]
    public async Task Use_from_many_threads_never_mixes_clients_up()
    {
        var table = new AffinityTable(_time, capacity: 40);
        var own = Objects.Backends(64);

        await Threads.RunAsync(6, thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 5_000; i++)
            {
                var client = random.Next(own.Length);
                var address = new IpAddr((uint)client, IsIPv6: false);
                if (random.Chance(0.1))
                {
                    table.Forget(address);
                }
                else
                {
                    table.Remember(address, own[client], Timeout);
                }

                var found = table.Find(address, Timeout);
                Assert.True(found is null || ReferenceEquals(found, own[client]));
            }
        });

        // Both collections inside still agree: everybody can be found, forgotten and is then gone.
        var known = Enumerable.Range(0, own.Length).Select(i => new IpAddr((uint)i, IsIPv6: false)).Where(client => table.Find(client, Timeout) is not null).ToList();
        Assert.Equal(known.Count, table.Count);
        Assert.InRange(known.Count, 1, 40);
        known.ForEach(table.Forget);
        Assert.Equal(0, table.Count);
    }

    /// <summary>A list in order of refreshing, searched from end to end.</summary>
    private sealed class PlainAffinity(int capacity)
    {
        private readonly List<(IpAddr Client, Backend Backend, long At)> _entries = [];

        public Backend? Find(IpAddr client, long now) =>
            _entries.Where(entry => entry.Client == client && now - entry.At < Timeout.Ticks).Select(entry => entry.Backend).SingleOrDefault();

        public void Remember(IpAddr client, Backend backend, long now)
        {
            if (_entries.RemoveAll(entry => entry.Client == client) == 0)
            {
                _entries.RemoveAll(entry => now - entry.At >= Timeout.Ticks);
                if (_entries.Count == capacity)
                {
                    _entries.RemoveAt(0);
                }
            }

            _entries.Add((client, backend, now));
        }

        public void Forget(IpAddr client) => _entries.RemoveAll(entry => entry.Client == client);
    }
}
