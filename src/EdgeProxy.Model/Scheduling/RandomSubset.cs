using System.Collections.Immutable;
using System.Text;

namespace EdgeProxy.Model.Scheduling;

/// <summary>
/// Part of many backends, so that many proxies do not each connect to all of them: those with the smallest hash under the proxy's own seed. A
/// change of membership replaces at most one.
/// </summary>
/// <remarks>gRFC A68, random subsetting.</remarks>
public static class RandomSubset
{
    /// <summary>At most <paramref name="size"/> of <paramref name="backends"/>, in their order.</summary>
    public static ImmutableArray<Backend> Choose(ImmutableArray<Backend> backends, int size, ulong seed)
    {
        var chosen = backends.OrderBy(backend => XxHash64.Hash(Encoding.UTF8.GetBytes(backend.Address.ToString()), seed)).Take(size).ToHashSet();
        return backends.RemoveAll(backend => !chosen.Contains(backend));
    }
}
