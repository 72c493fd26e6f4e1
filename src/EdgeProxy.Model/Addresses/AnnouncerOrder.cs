using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace EdgeProxy.Model;

/// <summary>Who announces a virtual address: every node computes the same order, so no election is held.</summary>
/// <remarks>As MetalLB's layer 2 mode: by SHA-256 of <c>node#address</c>. When the first leaves the second takes over, and nobody else moves.</remarks>
public static class AnnouncerOrder
{
    /// <summary>The nodes, the announcer first. A higher preference outranks the hash; nodes without one have 0.</summary>
    public static ImmutableArray<string> Of(IpAddr address, IEnumerable<string> nodes, IReadOnlyDictionary<string, int> preferences) =>
    [
        .. nodes
            .OrderByDescending(node => preferences.GetValueOrDefault(node))
            .ThenBy(node => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{node}#{address}"))), StringComparer.Ordinal),
    ];
}
