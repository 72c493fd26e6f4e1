using System.Net;
using System.Runtime.CompilerServices;
using EdgeProxy.Model.Policies;
using Yarp.ReverseProxy.Forwarder;

namespace EdgeProxy.Http.Forwarding;

/// <summary>
/// What YARP's forwarder is told of a request: HTTP version, and the longest silence. It knows one timeout for both directions, so a request
/// without a body has the read timeout, and one with a body the larger of the read and the send timeout.
/// </summary>
internal sealed class RequestConfigs
{
    private readonly HttpFrontendOptions _options;
    private readonly Set _default;

    // By instance: what an Ingress asks stays from snapshot to snapshot until the Ingress changes.
    private readonly ConditionalWeakTable<TransferPolicy, Set> _sets = [];

    /// <summary>With the frontend's timeouts where a route has none.</summary>
    public RequestConfigs(HttpFrontendOptions options)
    {
        _options = options;
        _default = SetOf(TransferPolicy.Default);
    }

    /// <summary>The one for a request.</summary>
    public ForwarderRequestConfig For(TransferPolicy policy, UpstreamProtocol protocol, bool hasBody)
    {
        var set = ReferenceEquals(policy, TransferPolicy.Default) ? _default : _sets.GetValue(policy, SetOf);
        return protocol.IsHttp2 ? (hasBody ? set.Http2WithBody : set.Http2) : (hasBody ? set.Http11WithBody : set.Http11);
    }

    private Set SetOf(TransferPolicy policy)
    {
        var read = policy.ReadTimeout ?? _options.ActivityTimeout;
        var send = policy.SendTimeout ?? _options.ActivityTimeout;
        var longest = read > send ? read : send;
        return new Set(
            Config(HttpVersion.Version11, read), Config(HttpVersion.Version11, longest), Config(HttpVersion.Version20, read), Config(HttpVersion.Version20, longest));
    }

    private static ForwarderRequestConfig Config(Version version, TimeSpan silence) => new()
    {
        Version = version,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        ActivityTimeout = silence,
    };

    private sealed record Set(
        ForwarderRequestConfig Http11, ForwarderRequestConfig Http11WithBody, ForwarderRequestConfig Http2, ForwarderRequestConfig Http2WithBody);
}
