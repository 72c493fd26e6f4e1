using System.Collections.Immutable;
using EdgeProxy.Model;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Policies.Access;

/// <summary>Annotations denylist-source-range, then allowlist-source-range.</summary>
internal sealed class AddressStep(AccessPolicy policy) : IRequestStep
{
    /// <summary>True when an address is in any of the ranges.</summary>
    public static bool IsIn(ImmutableArray<IpPrefix> ranges, IpAddr address)
    {
        foreach (var range in ranges.AsSpan())
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc />
    public ValueTask<ResponseReason> ApplyAsync(Exchange exchange)
    {
        var client = exchange.Client.Endpoint.Address;
        var passes = !IsIn(policy.Denied, client) && (policy.Allowed is not { } allowed || IsIn(allowed, client));
        return ValueTask.FromResult(passes ? ResponseReason.Forwarded : ResponseReason.AddressDenied);
    }
}
