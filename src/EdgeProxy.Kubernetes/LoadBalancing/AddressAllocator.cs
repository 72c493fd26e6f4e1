using System.Net.Sockets;
using EdgeProxy.Kubernetes.ControlPlane;
using EdgeProxy.Kubernetes.Problems;
using EdgeProxy.Model;

namespace EdgeProxy.Kubernetes.LoadBalancing;

/// <summary>
/// Services and pools → addresses. Pure: the same claims and pools give the same addresses, in whatever order they come, so every replica
/// finds the same. In three rounds, each from the oldest Service to the youngest:
/// 1. what a Service has and may have, it keeps; 2. what is asked for by value is given; 3. the rest gets the first free address of the first
/// pool that has one. So nobody who comes or goes moves another.
/// </summary>
internal sealed class AddressAllocator
{
    private readonly AddressPools _pools;
    private readonly IReadOnlyDictionary<IpAddr, NamespacedName> _foreign;
    private readonly ProblemSink _problems;
    private readonly Dictionary<IpAddr, List<AddressClaim>> _holders = [];
    private readonly Dictionary<string, SortedSet<IpAddr>> _shared = new(StringComparer.Ordinal);

    // What lies below is given or avoided: a round only ever takes.
    private readonly Dictionary<AddressRange, UInt128> _searchedTo = [];

    private AddressAllocator(AddressPools pools, IReadOnlyDictionary<IpAddr, NamespacedName> foreign, ProblemSink problems)
    {
        _pools = pools;
        _foreign = foreign;
        _problems = problems;
    }

    /// <summary>Fills <see cref="AddressClaim.Given"/> of every claim; what is not given is reported.</summary>
    /// <param name="claims">The Services.</param>
    /// <param name="pools">The pools.</param>
    /// <param name="foreign">Addresses of Services that are not ours to give any; nobody else gets them.</param>
    /// <param name="problems">Told what is not given, and why.</param>
    /// <returns>How much of each pool is given.</returns>
    public static IReadOnlyList<PoolUsage> Allocate(
        IEnumerable<AddressClaim> claims, AddressPools pools, IReadOnlyDictionary<IpAddr, NamespacedName> foreign, ProblemSink problems)
    {
        var allocator = new AddressAllocator(pools, foreign, problems);
        var ordered = claims.Order().ToList();
        ordered.ForEach(allocator.Keep);
        ordered.ForEach(allocator.GrantWanted);
        ordered.ForEach(allocator.GrantFree);
        ordered.ForEach(claim => claim.Given.Sort((left, right) => claim.Families.IndexOf(left.Family).CompareTo(claim.Families.IndexOf(right.Family))));
        return [.. pools.Pools.Select(allocator.UsageOf)];
    }

    // ---- 1. What is held and may be held --------------------------------------------------------------------------------------------

    private void Keep(AddressClaim claim)
    {
        foreach (var address in claim.Held.Where(address => claim.Families.Contains(address.Family) && !claim.Has(address.Family)))
        {
            var isWanted = claim.Request.Of(address.Family) is not { } wanted || wanted.Address == address;
            var isAllowed = _pools.Of(address) is { } pool ? claim.MayUse(pool) || IsUnknown(claim.Request.Pool) : !_pools.IsComplete;
            if (isWanted && isAllowed && IsFreeFor(claim, address))
            {
                Give(claim, address);
            }
        }
    }

    /// <summary>A name that is no pool's says nothing about where to take from, so it takes nothing away either.</summary>
    private bool IsUnknown(string? pool) => pool is not null && !_pools.Pools.Any(known => known.Name == pool);

    // ---- 2. What is asked for by value ----------------------------------------------------------------------------------------------

    private void GrantWanted(AddressClaim claim)
    {
        foreach (var (address, field) in claim.Request.Addresses.Where(wanted => !claim.Given.Contains(wanted.Address)))
        {
            var value = $"Invalid value: \"{address}\"";
            if (!claim.Families.Contains(address.Family))
            {
                Refuse(claim, field, $"{value}: the Service has no {ServiceFamilies.NameOf(address.Family)} cluster IP");
            }
            else if (_pools.Of(address) is not { } pool)
            {
                Refuse(claim, field, $"{value}: in no pool ({_pools})");
            }
            else if (!claim.MayUse(pool))
            {
                Refuse(claim, field, claim.Request.Pool is { } other && other != pool.Name
                    ? $"{value}: in pool \"{pool.Name}\", but the Service asks for pool \"{other}\""
                    : $"{value}: pool \"{pool.Name}\" is not for this Service");
            }
            else if (!IsFreeFor(claim, address))
            {
                _problems.Error(
                    claim.Service, field, $"{value}: provided IP is already allocated, to Service {OwnerOf(address)}{WhyNotShared(claim, address)}", ProblemReason.Conflict);
            }
            else
            {
                Give(claim, address);
            }
        }
    }

    /// <summary>Two that mean to share and may not are told why; the commonest reason by far is a port of both.</summary>
    private string WhyNotShared(AddressClaim claim, IpAddr address) =>
        claim.Request.SharingKey is { } key && _holders.TryGetValue(address, out var holders) && holders.TrueForAll(holder => holder.Request.SharingKey == key)
            ? ", which has a port of this one's, or externalTrafficPolicy Local and other pods"
            : "";

    // ---- 3. What is left to us ------------------------------------------------------------------------------------------------------

    private void GrantFree(AddressClaim claim)
    {
        // Whoever asks for an address by value wants that one, and not any other.
        if (!claim.Request.IsReadable || claim.Request.Addresses.Any(wanted => !claim.Given.Contains(wanted.Address)))
        {
            return;
        }

        if (IsUnknown(claim.Request.Pool))
        {
            Refuse(claim, claim.Request.PoolField, $"Invalid value: \"{claim.Request.Pool}\": no such pool ({_pools})");
            return;
        }

        foreach (var family in claim.Families.Where(family => !claim.Has(family)))
        {
            var pools = _pools.Pools.Where(pool => claim.MayUse(pool) && (pool.AutoAssign || claim.Request.Pool is not null)).ToList();
            if ((LowestShared(claim, family, pools) ?? FirstFree(claim, family, pools)) is { } found)
            {
                Give(claim, found);
            }
            else if (!IsCoveredElsewhere(claim, family, pools))
            {
                _problems.Warning(claim.Service, "status.loadBalancer", $"no load-balancer address: {WhyNone(family, pools)}", ProblemReason.AllocationFailed);
            }
        }
    }

    private IpAddr? LowestShared(AddressClaim claim, AddressFamily family, List<AddressPool> pools)
    {
        if (claim.Request.SharingKey is not { } key || !_shared.TryGetValue(key, out var candidates))
        {
            return null;
        }

        return pools.SelectMany(pool => candidates.Where(address => address.Family == family && pool.Contains(address)))
            .Where(address => IsFreeFor(claim, address))
            .Select(address => (IpAddr?)address)
            .FirstOrDefault();
    }

    private IpAddr? FirstFree(AddressClaim claim, AddressFamily family, List<AddressPool> pools)
    {
        foreach (var pool in pools)
        {
            foreach (var range in pool.Ranges.Where(range => range.Family == family))
            {
                if (FirstFree(claim, pool, range) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    private IpAddr? FirstFree(AddressClaim claim, AddressPool pool, AddressRange range)
    {
        // Whoever writes a range of one or two addresses means them as they are.
        var avoids = pool.AvoidBuggyIPs && !range.IsIPv6 && range.Span >= 2;
        bool IsFree(IpAddr address) => !(avoids && (byte)address.Bits is 0 or 255) && !_holders.ContainsKey(address) && !_foreign.ContainsKey(address);
        if (claim.Seed is { } seed)
        {
            return Probe.PoolAddress(range, seed, address => IsFree(IpAddr.From(address))) is { } found ? IpAddr.From(found) : null;
        }

        for (var number = _searchedTo.GetValueOrDefault(range, range.First); number <= range.Last; number++)
        {
            _searchedTo[range] = number;
            if (IsFree(range.At(number)))
            {
                return range.At(number);
            }

            if (number == UInt128.MaxValue)
            {
                break;
            }
        }

        return null;
    }

    // A dual-stack Service on pools of one family is served in that family, and that is no problem unless it insists on both.
    private static bool IsCoveredElsewhere(AddressClaim claim, AddressFamily family, List<AddressPool> pools) =>
        claim.Service.Spec.IpFamilyPolicy != "RequireDualStack"
        && !pools.Exists(pool => pool.Ranges.Any(range => range.Family == family))
        && pools.Exists(pool => pool.Ranges.Any(range => range.Family != family && claim.Families.Contains(range.Family)));

    private string WhyNone(AddressFamily family, List<AddressPool> pools)
    {
        var name = ServiceFamilies.NameOf(family);
        var full = pools.Where(pool => pool.Ranges.Any(range => range.Family == family)).ToList();
        if (full.Count > 0)
        {
            return string.Join("; ", full.Select(pool =>
                $"pool \"{pool.Name}\" is full ({string.Join(", ", pool.Ranges.Where(range => range.Family == family))})"));
        }

        return _pools.Pools.Any(pool => pool.Ranges.Any(range => range.Family == family))
            ? $"no pool with {name} addresses is for this Service without asking"
            : $"no pool has {name} addresses";
    }

    // ---- Who has what ---------------------------------------------------------------------------------------------------------------

    private bool IsFreeFor(AddressClaim claim, IpAddr address) =>
        !_foreign.ContainsKey(address) && (!_holders.TryGetValue(address, out var holders) || holders.TrueForAll(claim.SharesWith));

    private NamespacedName OwnerOf(IpAddr address) => _foreign.TryGetValue(address, out var owner) ? owner : _holders[address][0].Name;

    private void Give(AddressClaim claim, IpAddr address)
    {
        claim.Given.Add(address);
        if (!_holders.TryGetValue(address, out var holders))
        {
            _holders.Add(address, holders = []);
        }

        holders.Add(claim);
        if (claim.Request.SharingKey is { } key)
        {
            if (!_shared.TryGetValue(key, out var addresses))
            {
                _shared.Add(key, addresses = []);
            }

            addresses.Add(address);
        }
    }

    private void Refuse(AddressClaim claim, string field, string message) => _problems.Error(claim.Service, field, message, ProblemReason.AllocationFailed);

    private PoolUsage UsageOf(AddressPool pool)
    {
        var size = UInt128.Zero;
        foreach (var range in pool.Ranges)
        {
            // ::/0 has one more than fits.
            size = size > UInt128.MaxValue - range.Span - 1 || range.Span == UInt128.MaxValue ? UInt128.MaxValue : size + range.Span + 1;
        }

        return new PoolUsage(pool.Name, size > ulong.MaxValue ? ulong.MaxValue : (ulong)size, (ulong)_holders.Keys.LongCount(pool.Contains));
    }
}
