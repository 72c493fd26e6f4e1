using EdgeProxy.Model.Tests.Support;
using static EdgeProxy.Model.Tests.Support.Objects;

namespace EdgeProxy.Model.Tests;

public sealed class SnapshotPublisherTests
{
    [Fact]
    public void Before_the_first_snapshot_the_empty_one_is_live() => Assert.Same(ProxySnapshot.Empty, new SnapshotPublisher().Current);

    [Fact]
    public void Followers_are_told_after_the_swap_and_in_order()
    {
        var publisher = new SnapshotPublisher();
        var seen = new List<(long Told, long Live)>();
        publisher.Published += snapshot => seen.Add((snapshot.Generation, publisher.Current.Generation));
        var first = Build(_ => { });

        publisher.Publish(first);
        publisher.Publish(Build(first, _ => { }));

        Assert.Equal([(1, 1), (2, 2)], seen);
    }

    [Fact]
    public void Who_prepares_for_a_snapshot_is_told_before_the_swap()
    {
        var publisher = new SnapshotPublisher();
        var seen = new List<(long Told, long Live)>();
        publisher.Publishing += snapshot => seen.Add((snapshot.Generation, publisher.Current.Generation));

        publisher.Publish(Build(_ => { }));

        Assert.Equal([(1, 0)], seen);
    }

    [Fact]
    public async Task Readers_on_other_threads_see_whole_snapshots_only_and_never_an_older_one()
    {
        const int Last = 1_500;
        var publisher = new SnapshotPublisher();
        var cancellationToken = TestContext.Current.CancellationToken;

        await Threads.RunAsync(4, thread =>
        {
            if (thread == 0)
            {
                PublishUntil(publisher, Last);
                return;
            }

            var before = 0L;
            while (before < Last)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var snapshot = publisher.Current;
                Assert.InRange(snapshot.Generation, before, Last);
                before = snapshot.Generation;
                if (before > 0)
                {
                    AssertWhole(snapshot);
                }
            }
        });
    }

    /// <summary>Generation n serves one Service on port n with n % 5 + 1 endpoints, one host and one certificate called after n.</summary>
    private static void PublishUntil(SnapshotPublisher publisher, int last)
    {
        for (var n = 1; n <= last; n++)
        {
            var endpoints = Enumerable.Range(1, (n % 5) + 1).Select(i => $"10.0.0.{i}:80").ToArray();
            publisher.Publish(Build(publisher.Current, builder =>
            {
                builder.SetService(Service("web", "172.16.0.1", Port((ushort)n, endpoints)));
                builder.SetIngress(Ingress("web", Rule($"h{n}.example", Prefix("/"))));
                builder.RemoveCertificate(Name($"c{n - 1}"));
                builder.SetCertificate(Certificate($"c{n}"));
            }));
        }
    }

    private static void AssertWhole(ProxySnapshot snapshot)
    {
        var n = snapshot.Generation;
        var address = new FrontendAddress(new EndpointAddress(IpAddr.Parse("172.16.0.1"), (ushort)n), TransportProtocol.Tcp);

        Assert.Equal(address, Assert.Single(snapshot.Frontends).Key);
        Assert.Equal((n % 5) + 1, snapshot.Resolve(address, IpAddr.Parse("198.51.100.1")).Candidates.Length);
        Assert.NotNull(snapshot.Routes.Find($"h{n}.example", "/"));
        Assert.Null(snapshot.Routes.Find($"h{n - 1}.example", "/"));
        Assert.Equal(Name($"c{n}"), Assert.Single(snapshot.Certificates).Key);
        Assert.Equal([Name("web")], snapshot.ChangedServices);
    }
}
