using System.Collections.Immutable;
using System.Net.Sockets;
using EdgeProxy.Kubernetes.LoadBalancing;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Kubernetes.Resources;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.Tests.LoadBalancing;

/// <summary>Services that ask for addresses, pools to take them from, and what came of it as one line each.</summary>
internal static class ClaimBuilder
{
    private static readonly DateTimeOffset Epoch = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static AddressPool Pool(string name, params string[] ranges) => new() { Name = name, Ranges = [.. ranges.Select(AddressRange.Parse)] };

    public static AddressPools Pools(params AddressPool[] pools) => new([.. pools], IsComplete: true);

    /// <summary>A Service of type LoadBalancer, made <paramref name="age"/> seconds after the first one.</summary>
    public static Service Service(string name, int age = 0, params string[] annotations) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = new ObjectMeta
        {
            Namespace = "default",
            Name = name,
            CreationTimestamp = Epoch.AddSeconds(age),
            Annotations = annotations.Select(text => text.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]),
        },
        Spec = new ServiceSpec { Type = "LoadBalancer", IpFamilies = ["IPv4"], Ports = [new ServicePortSpec { Port = 80 }] },
    };

    public static AddressClaim Claim(Service service, ProblemSink problems, params IEnumerable<string> held) => new(service)
    {
        Families = [.. service.Spec.IpFamilies!.Select(name => name == "IPv6" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)],
        Held = [.. held.Select(text => IpAddr.Parse(text))],
        Request = AddressRequest.Read(service, problems),
    };

    /// <summary><c>name: address address</c>, in the order of the names.</summary>
    public static string[] Given(IEnumerable<AddressClaim> claims) =>
        [.. claims.OrderBy(claim => claim.Name).Select(claim => $"{claim.Name.Name}: {string.Join(' ', claim.Given)}".TrimEnd())];

    public static string[] Texts(ProblemSink problems) => [.. problems.Problems.Select(problem => $"{problem.Object?.Name} {problem.Field}: {problem.Message}")];
}
