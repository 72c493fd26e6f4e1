using EdgeProxy.Model.Policies;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Http.Tests.FastLane;

/// <summary>The rules know everything that could ask for more than forwarding.</summary>
public sealed class LaneRulesTests
{
    /// <summary>What was looked at when the rules were written.</summary>
    public static TheoryData<Type, string> Known => new()
    {
        {
            typeof(HttpSettings),
            "AddsOriginalUri AllowsUnderscores BlockedClients BlockedReferers BlockedUserAgents BlocksAnybody Brotli ChangesAnswers DefaultRoute Forwarded "
            + "GeneratesRequestId Gzip HiddenHeaders LogsAccess RedirectStatus RequestHeaders ResponseHeaders StrictTransportSecurity Traces TrustsIncomingTraces "
            + "UnloggedPaths"
        },
        { typeof(Route), "Backend Canary Forwarding HasSteps Host HostPolicies Ingress IsClosed Path Policies RedirectsToHost Rewrite SslRedirect Traffic Type" },
        { typeof(ForwardingPolicies), "Affinity Balancing Mirror Retry Transfer Upstream" },
        { typeof(TransferPolicy), "BuffersRequest ConnectTimeout MaxBodySize ReadTimeout SendTimeout" },
        { typeof(RetryPolicy), "Conditions Timeout Tries" },
        { typeof(UpstreamPolicy), "IsService Protocol Tls" },
        { typeof(BalancingPolicy), "HashBy HashSubset PrefersFast" },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Nothing_was_added_that_the_fast_lane_would_not_do(Type type, string known)
    {
        var properties = type.GetProperties().Where(property => !property.GetMethod!.IsStatic).Select(property => property.Name).Order(StringComparer.Ordinal);

        // Something new: say in LaneRules whether a request that has it may stay, then add it above.
        Assert.Equal(known.Split(' '), properties);
    }
}
