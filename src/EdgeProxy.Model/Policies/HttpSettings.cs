using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EdgeProxy.Model.Routing;

namespace EdgeProxy.Model.Policies;

/// <summary>What holds for every request, from the controller's ConfigMap. Immutable; a snapshot has one.</summary>
public sealed record HttpSettings
{
    /// <summary>Nothing is configured.</summary>
    public static HttpSettings Default { get; } = new();

    /// <summary>Whose forwarded headers are believed, and how much; null: nobody's.</summary>
    public ForwardedHeadersPolicy? Forwarded { get; init; }

    /// <summary>X-Request-ID is given to requests without one. Default true.</summary>
    public bool GeneratesRequestId { get; init; } = true;

    /// <summary>Header names with underscores are passed on. Default false: to CGI-like endpoints they are the same as those with dashes.</summary>
    public bool AllowsUnderscores { get; init; }

    /// <summary>X-Original-URI tells endpoints the target that was asked for. Default false.</summary>
    public bool AddsOriginalUri { get; init; }

    /// <summary>Header lines for endpoints, on every request; they replace the client's.</summary>
    public ImmutableArray<KeyValuePair<string, string>> RequestHeaders { get; init; } = [];

    /// <summary>Header lines for clients, on every answer; they replace the endpoint's.</summary>
    public ImmutableArray<KeyValuePair<string, string>> ResponseHeaders { get; init; } = [];

    /// <summary>Headers of endpoints that clients do not get.</summary>
    public ImmutableArray<string> HiddenHeaders { get; init; } = [];

    /// <summary>
    /// Strict-Transport-Security of every answer over https of a host with a certificate of its own (RFC 6797); null: none. Default a year,
    /// subdomains included.
    /// </summary>
    public string? StrictTransportSecurity { get; init; } = "max-age=31536000; includeSubDomains";

    /// <summary>Status of redirects to https and between the spellings of a host: 301, 302, 307 or 308. Default 308.</summary>
    public int RedirectStatus { get; init; } = 308;

    /// <summary>What requests get that no Ingress takes (--default-backend-service), while somebody can serve it; null: 404.</summary>
    public Route? DefaultRoute { get; init; }

    /// <summary>Answers of endpoints are compressed by gzip; null: they are not.</summary>
    public CompressionPolicy? Gzip { get; init; }

    /// <summary>Answers of endpoints are compressed by Brotli, for clients that take it; goes before <see cref="Gzip"/>. Null: they are not.</summary>
    public CompressionPolicy? Brotli { get; init; }

    /// <summary>Clients that get 403 on every host.</summary>
    public ImmutableArray<IpPrefix> BlockedClients { get; init; } = [];

    /// <summary>User-Agents that get 403 on every host.</summary>
    public ImmutableArray<Regex> BlockedUserAgents { get; init; } = [];

    /// <summary>Referers that get 403 on every host.</summary>
    public ImmutableArray<Regex> BlockedReferers { get; init; } = [];

    /// <summary>True when some client could be blocked.</summary>
    public bool BlocksAnybody => !BlockedClients.IsEmpty || !BlockedUserAgents.IsEmpty || !BlockedReferers.IsEmpty;

    /// <summary>True when answers are changed on their way.</summary>
    public bool ChangesAnswers => !ResponseHeaders.IsEmpty || !HiddenHeaders.IsEmpty;

    /// <summary>Requests are written to the access log, if there is one. Default true.</summary>
    public bool LogsAccess { get; init; } = true;

    /// <summary>Requests whose path begins with one of these are not in the access log.</summary>
    public ImmutableArray<string> UnloggedPaths { get; init; } = [];

    /// <summary>Requests have spans, if traces go anywhere. Default true.</summary>
    public bool Traces { get; init; } = true;

    /// <summary>A client's trace context is the parent of ours. Default true.</summary>
    public bool TrustsIncomingTraces { get; init; } = true;
}

/// <summary>Which forwarded headers are believed, and from whom.</summary>
/// <param name="Senders">Those who are believed.</param>
/// <param name="ForHeader">The header with the client's address. The last address in it that is not itself a believed sender is the client.</param>
/// <param name="HostHeader">The header with the host clients asked for.</param>
/// <param name="AddressOnly">True: the address is believed; host, scheme and port are not (enable-real-ip).</param>
/// <param name="KeepsChain">X-Forwarded-For is passed on with the sender appended, instead of the client alone.</param>
public sealed record ForwardedHeadersPolicy(
    ImmutableArray<IpPrefix> Senders, string ForHeader, string HostHeader, bool AddressOnly, bool KeepsChain)
{
    /// <summary>True when this sender is believed.</summary>
    public bool Trusts(IpAddr sender)
    {
        foreach (var range in Senders)
        {
            if (range.Contains(sender))
            {
                return true;
            }
        }

        return false;
    }
}
