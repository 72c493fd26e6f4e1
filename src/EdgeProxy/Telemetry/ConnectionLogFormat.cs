namespace EdgeProxy.Telemetry;

/// <summary>How a line of the access log of L4 is written.</summary>
internal enum ConnectionLogFormat
{
    /// <summary>There is none.</summary>
    Off,

    /// <summary>ingress-nginx's <c>log-format-stream</c>; endpoint, Service and reason stand behind it.</summary>
    Stream,

    /// <summary>One JSON object a line.</summary>
    Json,
}
