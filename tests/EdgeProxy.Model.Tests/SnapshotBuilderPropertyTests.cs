using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using EdgeProxy.Model.Certificates;
using EdgeProxy.Model.Routing;
using EdgeProxy.Model.Tests.Support;
using static EdgeProxy.Model.Tests.Support.Objects;

namespace EdgeProxy.Model.Tests;

/// <summary>Random objects over few names and few addresses, so that claims meet often.</summary>
public sealed class SnapshotBuilderPropertyTests
{
    private static readonly ImmutableArray<IpAddr> Shared = Ips("203.0.113.1", "203.0.113.2", "2001:db8::9");

    [Fact]
    public void Snapshots_made_step_by_step_end_where_one_made_at_once_begins() =>
        Seeds.Check(300, random =>
        {
            var objects = new Objects();
            var snapshot = ProxySnapshot.Empty;
            for (var step = random.Next(1, 10); step > 0; step--)
            {
                snapshot = Build(snapshot, builder => objects.ChangeSome(random, builder));
            }

            var atOnce = Build(builder => objects.SetAll(random, builder));

            Assert.Equal(Describe(atOnce), Describe(snapshot));
        });

    [Fact]
    public void The_order_in_which_objects_are_given_does_not_matter() =>
        Seeds.Check(300, random =>
        {
            var objects = new Objects();
            Build(builder => objects.ChangeSome(random, builder));

            Assert.Equal(Describe(Build(builder => objects.SetAll(random, builder))), Describe(Build(builder => objects.SetAll(random, builder))));
        });

    [Fact]
    public void Nothing_of_a_snapshot_changes_when_the_next_one_is_made() =>
        Seeds.Check(300, random =>
        {
            var objects = new Objects();
            var first = Build(builder => objects.ChangeSome(random, builder));
            var before = Describe(first);

            Build(first, builder => objects.ChangeSome(random, builder));

            Assert.Equal(before, Describe(first));
        });

    [Fact]
    public void What_is_not_touched_is_shared_and_backends_are_carried_over_by_address() =>
        Seeds.Check(300, random =>
        {
            var objects = new Objects();
            var first = Build(builder => objects.ChangeSome(random, builder));
            var second = Build(first, builder => objects.ChangeSome(random, builder));

            foreach (var (name, entry) in second.Services)
            {
                if (!first.Services.TryGetValue(name, out var old))
                {
                    continue;
                }

                Assert.Equal(second.ChangedServices.Contains(name), !ReferenceEquals(old, entry));
                foreach (var port in entry.Ports)
                {
                    var known = old.FindPort(port.Config.Name, port.Config.Protocol)?.Backends ?? [];
                    Assert.All(port.Backends, backend => Assert.Equal(
                        known.Any(other => other.Address == backend.Address), known.Any(other => ReferenceEquals(other, backend))));
                }
            }
        });

    [Fact]
    public void The_winner_of_every_address_is_its_oldest_claimant() =>
        Seeds.Check(300, random =>
        {
            var objects = new Objects();
            var snapshot = Build(builder => objects.ChangeSome(random, builder));
            snapshot = Build(snapshot, builder => objects.ChangeSome(random, builder));

            var claims = snapshot.Services.Values.SelectMany(entry => entry.Frontends.Select(frontend => (frontend, entry.Config))).ToLookup(claim => claim.frontend.Address);

            Assert.Equal(claims.Count, snapshot.Frontends.Count);
            Assert.All(claims, group => Assert.Equal(
                group.OrderBy(claim => claim.Config.Created is null).ThenBy(claim => claim.Config.Created).ThenBy(claim => claim.Config.Name).First().Config.Name,
                snapshot.Frontends[group.Key].Winner.ServicePort.Service));
        });

    /// <summary>Everything a reader can ask of a snapshot but the identity of what is in it, in a fixed order.</summary>
    private static string Describe(ProxySnapshot snapshot)
    {
        var text = new StringBuilder();
        foreach (var entry in snapshot.Services.Values.OrderBy(entry => entry.Config.Name))
        {
            text.Append(CultureInfo.InvariantCulture, $"service {entry.Config.Name} {entry.Config.Created:O}\n");
            foreach (var port in entry.Ports)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {port.Name} {port.Config.Port} {port.Config.NodePort}: {string.Join(' ', port.Backends)}\n");
                foreach (var kind in Enum.GetValues<FrontendKind>())
                {
                    var resolution = port.Resolve(kind, IpAddr.Parse("203.0.113.1"), IpAddr.Parse("198.51.100.1"));
                    text.Append(CultureInfo.InvariantCulture, $"    {kind} {resolution.Verdict}: {string.Join(' ', resolution.Candidates)}\n");
                }
            }
        }

        foreach (var (address, claims) in snapshot.Frontends.OrderBy(entry => entry.Key.ToString(), StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"frontend {address}: {string.Join(", ", claims.Claims)}\n");
        }

        text.AppendJoin(' ', snapshot.ClusterIPs.OrderBy(entry => entry.Key)).Append('\n');
        text.AppendJoin(' ', snapshot.Certificates.Keys.Order()).Append('\n');
        text.AppendJoin(' ', snapshot.Routes.Ingresses.Keys.Order()).Append('\n');
        text.AppendJoin(' ', Enumerable.Range(0, 4).Select(host => snapshot.Routes.Find($"h{host}.example", "/a")));
        return text.ToString();
    }

    /// <summary>The objects as they are now, and random changes to them.</summary>
    private sealed class Objects
    {
        private readonly Dictionary<NamespacedName, ServiceConfig> _services = [];
        private readonly Dictionary<NamespacedName, IngressConfig> _ingresses = [];
        private readonly Dictionary<NamespacedName, ServerCertificate> _certificates = [];

        /// <summary>Changes some objects, each name at most once, as the work queue's coalescing has it.</summary>
        public void ChangeSome(Random random, SnapshotBuilder builder)
        {
            foreach (var number in random.Shuffled(Enumerable.Range(0, 8)).Take(random.Next(1, 8)))
            {
                var name = Name($"o{number}");
                switch (random.Next(8))
                {
                    case 0:
                        _services.Remove(name);
                        builder.RemoveService(name);
                        break;

                    case 1:
                        _ingresses.Remove(name);
                        builder.RemoveIngress(name);
                        break;

                    case 2:
                        _certificates.Remove(name);
                        builder.RemoveCertificate(name);
                        break;

                    case 3:
                        builder.SetCertificate(_certificates[name] = Certificate(name.Name));
                        break;

                    case 4:
                        builder.SetIngress(_ingresses[name] = Ingress(name.Name, Rule($"h{random.Next(4)}.example", Prefix("/"), Prefix("/a"))));
                        break;

                    default:
                        builder.SetService(_services[name] = RandomService(random, name));
                        break;
                }
            }
        }

        public void SetAll(Random random, SnapshotBuilder builder)
        {
            foreach (var set in random.Shuffled<Action>(
            [
                .. _services.Values.Select<ServiceConfig, Action>(service => () => builder.SetService(service)),
                .. _ingresses.Values.Select<IngressConfig, Action>(ingress => () => builder.SetIngress(ingress)),
                .. _certificates.Values.Select<ServerCertificate, Action>(certificate => () => builder.SetCertificate(certificate)),
            ]))
            {
                set();
            }
        }

        private static ServiceConfig RandomService(Random random, NamespacedName name) => new()
        {
            Name = name,
            Created = random.Chance(0.3) ? null : Day.AddDays(random.Next(2)),
            ClusterIPs = Ips(random.OneOf<string[]>([[], ["172.16.0.1"], ["fd00:1::1"], ["172.16.0.2", "fd00:1::1"]])),
            ExternalIPs = [.. Shared.Where(_ => random.Chance(0.4))],
            LoadBalancerIPs = [.. Shared.Where(_ => random.Chance(0.4))],
            Ports =
            [
                .. Enumerable.Range(0, random.Next(3)).Select(index => new ServicePortConfig
                {
                    Name = $"p{index}",
                    Protocol = random.Chance(0.5) ? TransportProtocol.Tcp : TransportProtocol.Udp,
                    Port = (ushort)(80 + index),
                    NodePort = (ushort)(random.Chance(0.5) ? 30_000 + index : 0),
                    Endpoints =
                    [
                        .. Enumerable.Range(1, 4).Where(_ => random.Chance(0.5)).Select(i => Endpoint($"10.0.0.{i}:80", $"n{i % 2}")
                            with { Ready = random.Chance(0.7), Terminating = random.Chance(0.3) }),
                    ],
                }),
            ],
        };
    }
}
