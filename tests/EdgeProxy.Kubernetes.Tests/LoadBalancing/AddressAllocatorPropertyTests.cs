using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;
using FsCheck;
using FsCheck.Fluent;
using static EdgeProxy.Kubernetes.Tests.LoadBalancing.ClaimBuilder;

namespace EdgeProxy.Kubernetes.Tests.LoadBalancing;

/// <summary>Few addresses, few keys and few ports, so that Services meet often.</summary>
public sealed class AddressAllocatorPropertyTests
{
    private static readonly AddressPools Few = Pools(
        Pool("a", "192.0.2.0-192.0.2.5", "2001:db8::/126"), Pool("b", "192.0.2.8/30") with { AutoAssign = false }, Pool("c", "192.0.2.32/30") with { Namespaces = ["default"] });

    private static readonly Gen<Service> AnyService =
        from number in Gen.Choose(0, 25)
        from age in Gen.Choose(0, 3)
        from family in Gen.Elements("IPv4", "IPv6", "both")
        from wish in Gen.Frequency((4, Gen.Constant("")), (1, Gen.Choose(0, 12).Select(last => $"192.0.2.{last}")))
        from pool in Gen.Frequency((6, Gen.Constant("")), (1, Gen.Elements("a", "b", "c", "none")))
        from key in Gen.Frequency((3, Gen.Constant("")), (2, Gen.Elements("x", "y")))
        from port in Gen.Choose(1, 4)
        from policy in Gen.Elements("Cluster", "Local")
        from app in Gen.Elements("web", "db")
        select Make($"s{number}", age, family, wish, pool, key, port, policy, app);

    private static readonly Arbitrary<List<Service>> Many =
        AnyService.ListOf().Select(services => services.DistinctBy(service => service.Name).ToList()).ToArbitrary();

    [Fact]
    public void The_order_in_which_Services_come_does_not_matter() =>
        Prop.ForAll(Many, Gen.Choose(0, int.MaxValue).ToArbitrary(), (services, seed) =>
        {
            var shuffled = services.ToArray();
            new Random(seed).Shuffle(shuffled);

            Assert.Equal(Given(Allocate(services, [])), Given(Allocate(shuffled, [])));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_restart_moves_nothing_and_leaves_nobody_out_who_had_an_address() =>
        Prop.ForAll(Many, services =>
        {
            var before = Allocate(services, []);

            Assert.Equal(Given(before), Given(Allocate(services, Held(before))));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Others_that_come_and_go_move_no_address() =>
        Prop.ForAll(Many, Many, (services, others) =>
        {
            var before = Allocate(services, []);
            var stay = services.Where((_, index) => index % 3 != 0).ToList();
            var newcomers = others.Where(other => services.TrueForAll(service => service.Name != other.Name));

            var after = Allocate([.. stay, .. newcomers], Held(before)).ToDictionary(claim => claim.Name, claim => claim.Given);

            foreach (var claim in before.Where(claim => stay.Contains(claim.Service)))
            {
                Assert.Subset(after[claim.Name].ToHashSet(), claim.Given.ToHashSet());
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_address_is_given_twice_unless_it_is_shared_lawfully() =>
        Prop.ForAll(Many, services =>
        {
            // Whatever somebody wrote into the status before.
            var said = services.ToDictionary(service => service.Name, service => new List<IpAddr> { IpAddr.Parse($"192.0.2.{service.Name.Name.Length}"), IpAddr.Parse("2001:db8::1") });

            var claims = Allocate(services, said);

            foreach (var address in claims.SelectMany(claim => claim.Given.Select(address => (address, claim))).ToLookup(pair => pair.address, pair => pair.claim))
            {
                var holders = address.ToList();
                Assert.All(holders, holder => Assert.All(holders.Where(other => other != holder), other => Assert.True(holder.SharesWith(other))));
                Assert.NotNull(Few.Of(address.Key));
            }

            Assert.All(claims, claim => Assert.Equal(claim.Given.Count, claim.Given.Select(address => address.Family).Distinct().Count()));
        }).QuickCheckThrowOnFailure();

    private static Service Make(string name, int age, string family, string wish, string pool, string key, int port, string policy, string app)
    {
        var service = Service(name, age);
        service.Spec.IpFamilies = family == "both" ? ["IPv4", "IPv6"] : [family];
        service.Spec.LoadBalancerIP = wish;
        service.Spec.ExternalTrafficPolicy = policy;
        service.Spec.Selector = new() { ["app"] = app };
        service.Spec.Ports = [new ServicePortSpec { Port = port }];
        service.Metadata.Annotations = new() { ["metallb.io/address-pool"] = pool, ["metallb.io/allow-shared-ip"] = key };
        return service;
    }

    private static List<AddressClaim> Allocate(IEnumerable<Service> services, Dictionary<NamespacedName, List<IpAddr>> held)
    {
        var problems = new ProblemSink();
        var claims = services.Select(service => Claim(service, problems, held.GetValueOrDefault(service.Name, []).Select(address => address.ToString()))).ToList();
        AddressAllocator.Allocate(claims, Few, new Dictionary<IpAddr, NamespacedName>(), problems);
        return claims;
    }

    private static Dictionary<NamespacedName, List<IpAddr>> Held(List<AddressClaim> claims) => claims.ToDictionary(claim => claim.Name, claim => claim.Given);
}
