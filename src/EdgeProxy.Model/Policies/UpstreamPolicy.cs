namespace EdgeProxy.Model.Policies;

/// <summary>What is spoken to the endpoints of a route.</summary>
public sealed record UpstreamPolicy
{
    /// <summary>Whatever the Service port's appProtocol says, else HTTP/1.1; certificates are not verified.</summary>
    public static UpstreamPolicy Default { get; } = new();

    /// <summary>Annotation backend-protocol. Default <see cref="BackendProtocol.Auto"/>: not written.</summary>
    public BackendProtocol Protocol { get; init; }

    /// <summary>Annotations proxy-ssl-*, where TLS is spoken.</summary>
    public UpstreamTls Tls { get; init; } = UpstreamTls.Default;

    /// <summary>Annotation service-upstream: the Service chooses the endpoint, nobody else, and only once. Default false.</summary>
    public bool IsService { get; init; }
}

/// <summary>Values of annotation backend-protocol.</summary>
public enum BackendProtocol
{
    /// <summary>Not written: the Service port's appProtocol decides.</summary>
    Auto,

    /// <summary><c>HTTP</c>: HTTP/1.1.</summary>
    Http,

    /// <summary><c>HTTPS</c>: HTTP/1.1 over TLS.</summary>
    Https,

    /// <summary><c>GRPC</c>: HTTP/2 without TLS.</summary>
    Grpc,

    /// <summary><c>GRPCS</c>: HTTP/2 over TLS.</summary>
    Grpcs,

    /// <summary><c>AUTO_HTTP</c>: HTTP/1.1, over TLS when the client came by TLS.</summary>
    SameAsClient,
}
