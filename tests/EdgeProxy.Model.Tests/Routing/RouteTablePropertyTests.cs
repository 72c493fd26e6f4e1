using System.Collections.Immutable;
using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;
using EdgeProxy.Model.Tests.Support;

namespace EdgeProxy.Model.Tests.Routing;

/// <summary>Random rule sets over few hosts and few names, so that claims meet often.</summary>
public sealed class RouteTablePropertyTests
{
    private static readonly string[] RuleHosts = ["", "a.example", "b.a.example", "*.example", "*.a.example", "*.b.a.example"];
    private static readonly string[] RequestHosts = ["", "example", "a.example", "b.example", "b.a.example", "c.a.example", "x.b.a.example", ".example", "other", "www.a.example"];
    private static readonly string[] Aliases = ["a.example", "b.example", "*.b.a.example", "*.other", "www.a.example"];
    private static readonly string[] Elements = ["a", "b", "ab", "A"];
    private static readonly string[] Patterns = ["/", "/a", "/a/", "/b", "/A/b", "/a(/|$)(.*)", "/(.*)", "/[ab]+/b", "/a/b", "/ab?", "/b/.*"];

    private static readonly ImmutableArray<string> RequestPaths = [.. AllPaths()];

    [Fact]
    public void Every_request_goes_where_the_rules_say() =>
        Seeds.Check(1_500, random =>
        {
            var ingresses = RandomIngresses(random, rewriting: false);

            AssertAgreesWithReference(random, ingresses);
        });

    [Fact]
    public void Every_request_goes_where_the_rules_say_on_hosts_with_patterns() =>
        Seeds.Check(500, random =>
        {
            var ingresses = RandomIngresses(random, rewriting: true);

            AssertAgreesWithReference(random, ingresses);
        });

    [Fact]
    public void A_table_changed_step_by_step_is_the_table_built_at_once() =>
        Seeds.Check(150, random =>
        {
            var present = new Dictionary<NamespacedName, IngressConfig>();
            var table = RouteTable.Empty;
            for (var step = random.Next(1, 12); step > 0; step--)
            {
                var changed = RandomIngresses(random, rewriting: random.Chance(0.2), most: 3, naming: true);
                var names = changed.Select(ingress => ingress.Name).ToHashSet();
                NamespacedName[] removed = [.. AllNames().Where(name => !names.Contains(name) && random.Chance(0.2))];

                table = table.Apply(random.Shuffled(changed), random.Shuffled(removed));

                foreach (var name in removed)
                {
                    present.Remove(name);
                }

                foreach (var ingress in changed)
                {
                    present[ingress.Name] = ingress;
                }
            }

            AssertSame(RouteTable.Empty.Apply(random.Shuffled(present.Values), []), table);
        });

    [Fact]
    public void A_table_does_not_change_when_the_next_one_is_made_of_it() =>
        Seeds.Check(75, random =>
        {
            var first = RandomIngresses(random, rewriting: false, naming: true);
            var table = RouteTable.Empty.Apply(first, []);

            table.Apply(RandomIngresses(random, rewriting: true, naming: true), [.. AllNames().Where(_ => random.Chance(0.3))]);

            AssertSame(RouteTable.Empty.Apply(first, []), table);
        });

    [Fact]
    public void Removing_everything_leaves_nothing() =>
        Seeds.Check(30, random =>
        {
            var ingresses = RandomIngresses(random, rewriting: false, naming: true);

            var table = RouteTable.Empty.Apply(ingresses, []).Apply([], [.. ingresses.Select(ingress => ingress.Name)]);

            Assert.Empty(table.Ingresses);
            AssertSame(RouteTable.Empty, table);
        });

    private static void AssertAgreesWithReference(Random random, IngressConfig[] ingresses)
    {
        var table = RouteTable.Empty.Apply(ingresses, []);
        for (var i = 0; i < 40; i++)
        {
            var host = random.OneOf(RequestHosts);
            var path = random.OneOf(RequestPaths);

            var route = table.Find(host, path);

            Assert.Equal(ReferenceMatcher.Find(ingresses, host, path), route is null ? null : route.Backend?.ToString() ?? ReferenceMatcher.Closed);
        }
    }

    private static void AssertSame(RouteTable expected, RouteTable actual)
    {
        Assert.Equal(expected.Ingresses.OrderBy(entry => entry.Key), actual.Ingresses.OrderBy(entry => entry.Key));
        foreach (var host in RequestHosts.Concat(RuleHosts))
        {
            Assert.Equal(expected.CertificatesFor(host), actual.CertificatesFor(host));
            foreach (var path in RequestPaths)
            {
                Assert.Equal(Describe(expected.Find(host, path), path), Describe(actual.Find(host, path), path));
            }
        }
    }

    private static (string? Route, PathType? Type, string? Backend, bool? Redirect, string? RedirectHost, string? Rewritten) Describe(Route? route, string path) =>
        (route?.ToString(), route?.Type, route?.Backend?.ToString(), route?.SslRedirect, route?.RedirectsToHost, route?.Rewrite?.Apply(path));

    private static IEnumerable<NamespacedName> AllNames() => Enumerable.Range(0, 6).Select(i => new NamespacedName(i % 2 == 0 ? "x" : "y", $"i{i / 2}"));

    private static IngressConfig[] RandomIngresses(Random random, bool rewriting, int most = 6, bool naming = false) =>
        [.. random.Shuffled(AllNames()).Take(random.Next(most + 1)).Select(name => RandomIngress(random, name, rewriting, naming))];

    private static IngressConfig RandomIngress(Random random, NamespacedName name, bool rewriting, bool naming)
    {
        var rules = new List<IngressRuleConfig>();
        for (var rule = random.Next(4); rule > 0; rule--)
        {
            var paths = Enumerable.Range(0, random.Next(5)).Select(index => new IngressPathConfig(
                rewriting ? random.OneOf(Patterns) : RandomRulePath(random),
                random.Chance(0.4) ? PathType.Exact : PathType.Prefix,
                random.Chance(0.1) ? null : new BackendReference(name, $"r{rule}p{index}", 0)));
            rules.Add(new IngressRuleConfig(random.OneOf(RuleHosts), [.. paths]));
        }

        return new IngressConfig
        {
            Name = name,
            Created = random.Chance(0.3) ? null : Objects.Day.AddDays(random.Next(3)),
            DefaultBackend = random.Chance(0.3) ? new BackendReference(name, "default", 0) : null,
            Rules = [.. rules],
            Tls = [.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomTls(random, name))],
            RewriteTarget = rewriting && random.Chance(0.5) ? random.OneOf(["/", "/a", "/$1", "/x/$2"]) : null,
            SslRedirect = random.Chance(0.7),
            HostPolicies = !naming ? HostPolicies.None : new HostPolicies
            {
                Aliases = random.Chance(0.4) ? [.. random.Shuffled(Aliases).Take(random.Next(3))] : null,
                RedirectsWww = random.Chance(0.3),
            },
        };
    }

    private static IngressTlsConfig RandomTls(Random random, NamespacedName name) => new(
        [.. random.Shuffled(RuleHosts.Where(host => host.Length > 0)).Take(random.Next(3))],
        random.Chance(0.2) ? null : new NamespacedName(name.Namespace, $"s{random.Next(3)}"));

    private static string RandomRulePath(Random random)
    {
        var elements = Enumerable.Range(0, random.Next(4)).Select(_ => random.Chance(0.1) ? "%61" : random.OneOf(Elements));
        var path = "/" + string.Join('/', elements);
        return path.Length > 1 && random.Chance(0.3) ? path + "/" : path;
    }

    private static IEnumerable<string> AllPaths()
    {
        var level = new List<string> { "" };
        yield return "/";
        for (var depth = 0; depth < 3; depth++)
        {
            level = [.. level.SelectMany(parent => Elements.Select(element => $"{parent}/{element}"))];
            foreach (var path in level)
            {
                yield return path;
                yield return path + "/";
            }
        }
    }
}
