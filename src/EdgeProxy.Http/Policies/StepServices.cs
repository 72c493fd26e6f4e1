using EdgeProxy.Http.Policies.BasicAuth;
using EdgeProxy.Http.Policies.ExternalAuth;
using EdgeProxy.Http.Policies.Limits;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Http.Policies;

/// <summary>What steps need that outlives a route: a route is made anew when its Ingress changes, and what was counted must stay counted.</summary>
internal sealed record StepServices
{
    /// <summary>Where steps say what their users cannot see.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>Counts of limit-rps and limit-rpm.</summary>
    public required RateZones Rates { get; init; }

    /// <summary>Counts of limit-connections.</summary>
    public required ConnectionCounts Connections { get; init; }

    /// <summary>Checks passwords.</summary>
    public required PasswordChecker Passwords { get; init; }

    /// <summary>Asks authentication services.</summary>
    public required AuthClient Auth { get; init; }

    /// <summary>Verdicts of authentication services that may be used again.</summary>
    public required VerdictCache Verdicts { get; init; }
}
