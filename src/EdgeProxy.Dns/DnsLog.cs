using System.Net;
using EdgeProxy.Dns.Wire;
using Microsoft.Extensions.Logging;

namespace EdgeProxy.Dns;

/// <summary>What the DNS server says. Event ids 350–399.</summary>
internal static partial class DnsLog
{
    [LoggerMessage(350, LogLevel.Information, "Serving DNS for {Domain} on {Endpoint} (UDP and TCP); other names go to {Upstreams}.")]
    public static partial void Listening(ILogger logger, string domain, EndPoint endpoint, string upstreams);

    [LoggerMessage(351, LogLevel.Warning, "No upstream DNS server answers ({Upstreams}); names outside the cluster domain get SERVFAIL.")]
    public static partial void UpstreamsFailed(ILogger logger, string upstreams);

    [LoggerMessage(352, LogLevel.Information, "Upstream DNS server {Upstream} answers again.")]
    public static partial void UpstreamAnswers(ILogger logger, EndPoint upstream);

    [LoggerMessage(353, LogLevel.Debug, "{Type} {Name}: {Code}.", SkipEnabledCheck = true)]
    public static partial void Answered(ILogger logger, RecordType type, string name, ResponseCode code);

    [LoggerMessage(360, LogLevel.Error, "A fault of ours while answering a DNS query.")]
    public static partial void InternalError(ILogger logger, Exception error);
}
