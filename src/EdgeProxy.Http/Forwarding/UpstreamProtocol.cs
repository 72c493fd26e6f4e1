using System.Net;
using EdgeProxy.Model;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace EdgeProxy.Http.Forwarding;

/// <summary>Chooses the HTTP version spoken to an endpoint.</summary>
internal sealed class UpstreamProtocol(HttpFrontendOptions options)
{
    /// <summary>HTTP/1.1, what every server speaks.</summary>
    public ForwarderRequestConfig Http11 { get; } = new()
    {
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        ActivityTimeout = options.ActivityTimeout,
    };

    /// <summary>HTTP/2 without TLS, with prior knowledge (RFC 9113 §3.3).</summary>
    public ForwarderRequestConfig Http2 { get; } = new()
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        ActivityTimeout = options.ActivityTimeout,
    };

    /// <summary>HTTP/2 when the Service port says so (KEP-3726) or the request is gRPC, which has no other transport.</summary>
    public ForwarderRequestConfig For(HttpRequest request, ServicePort port) =>
        port.Config.AppProtocol is "kubernetes.io/h2c" or "grpc" || IsGrpc(request.ContentType) ? Http2 : Http11;

    /// <summary><c>application/grpc</c>, <c>application/grpc+proto</c> and so on; not <c>application/grpc-web</c>, which is made for HTTP/1.1.</summary>
    private static bool IsGrpc(string? contentType)
    {
        const string Grpc = "application/grpc";
        return contentType is not null
            && contentType.StartsWith(Grpc, StringComparison.OrdinalIgnoreCase)
            && (contentType.Length == Grpc.Length || contentType[Grpc.Length] is '+' or ';' or ' ');
    }
}
