using EdgeProxy.Model;
using EdgeProxy.Model.Policies;

namespace EdgeProxy.Http.Forwarding;

/// <summary>What is spoken to an endpoint.</summary>
/// <param name="IsHttp2">HTTP/2, without TLS by prior knowledge (RFC 9113 §3.3); else HTTP/1.1, what every server speaks.</param>
/// <param name="UsesTls">Over TLS.</param>
internal readonly record struct UpstreamProtocol(bool IsHttp2, bool UsesTls)
{
    /// <summary>
    /// As annotation backend-protocol says, else as the Service port's appProtocol (KEP-3726); and HTTP/2 for gRPC, which has no other transport.
    /// </summary>
    public static UpstreamProtocol For(Exchange exchange, ServicePort port)
    {
        var protocol = exchange.Forwarding.Upstream.Protocol switch
        {
            BackendProtocol.Auto => Of(port.Config.AppProtocol),
            BackendProtocol.Https => new UpstreamProtocol(IsHttp2: false, UsesTls: true),
            BackendProtocol.Grpc => new UpstreamProtocol(IsHttp2: true, UsesTls: false),
            BackendProtocol.Grpcs => new UpstreamProtocol(IsHttp2: true, UsesTls: true),
            BackendProtocol.SameAsClient => new UpstreamProtocol(IsHttp2: false, exchange.Client.IsHttps),
            _ => default,
        };
        return protocol.IsHttp2 || !IsGrpc(exchange.Http.Request.ContentType) ? protocol : protocol with { IsHttp2 = true };
    }

    /// <summary>What a Service port's appProtocol asks for; HTTP/1.1 where it asks for nothing that is known.</summary>
    public static UpstreamProtocol Of(string? appProtocol) => appProtocol switch
    {
        null => default,
        "kubernetes.io/h2c" or "h2c" or "grpc" => new UpstreamProtocol(IsHttp2: true, UsesTls: false),
        "kubernetes.io/wss" => new UpstreamProtocol(IsHttp2: false, UsesTls: true),
        _ => new UpstreamProtocol(IsHttp2: false, appProtocol.Equals("https", StringComparison.OrdinalIgnoreCase)),
    };

    /// <summary><c>application/grpc</c>, <c>application/grpc+proto</c> and so on; not <c>application/grpc-web</c>, which is made for HTTP/1.1.</summary>
    private static bool IsGrpc(string? contentType)
    {
        const string Grpc = "application/grpc";
        return contentType is not null
            && contentType.StartsWith(Grpc, StringComparison.OrdinalIgnoreCase)
            && (contentType.Length == Grpc.Length || contentType[Grpc.Length] is '+' or ';' or ' ');
    }
}
