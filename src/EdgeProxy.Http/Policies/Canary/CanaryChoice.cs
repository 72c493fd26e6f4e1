using EdgeProxy.Http.Forwarding;
using EdgeProxy.Model.Policies;
using Microsoft.AspNetCore.Http;

namespace EdgeProxy.Http.Policies.Canary;

/// <summary>Decides whether a request goes to the canary: header, cookie, the side its client is bound to, chance; the first that decides.</summary>
internal static class CanaryChoice
{
    /// <summary>True for the canary.</summary>
    /// <param name="policy">The rules.</param>
    /// <param name="headers">The request's.</param>
    /// <param name="boundToCanary">The side its cookie names; null: none.</param>
    public static bool Takes(CanaryPolicy policy, IHeaderDictionary headers, bool? boundToCanary) =>
        Asked(policy, headers) ?? boundToCanary ?? Random.Shared.Next(policy.WeightTotal) < policy.Weight;

    /// <summary>The side that header or cookie ask for; null: neither does.</summary>
    public static bool? Asked(CanaryPolicy policy, IHeaderDictionary headers) =>
        ByHeader(policy, headers) ?? (policy.Cookie is { } cookie ? AlwaysOrNever(CookieHeader.Find(headers.Cookie, cookie)) : null);

    private static bool? ByHeader(CanaryPolicy policy, IHeaderDictionary headers)
    {
        if (policy.Header is not { } name || headers[name] is not [{ Length: > 0 } value, ..])
        {
            return null;
        }

        if (policy.HeaderValue is { } wanted)
        {
            return string.Equals(value, wanted, StringComparison.Ordinal) ? true : null;
        }

        if (policy.HeaderPattern is { } pattern)
        {
            return pattern.IsMatch(value) ? true : null;
        }

        return policy.IsPatternBroken ? false : AlwaysOrNever(value);
    }

    private static bool? AlwaysOrNever(string? value) => value switch
    {
        "always" => true,
        "never" => false,
        _ => null,
    };
}
