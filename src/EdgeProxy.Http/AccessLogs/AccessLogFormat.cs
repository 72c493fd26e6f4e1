namespace EdgeProxy.Http.AccessLogs;

/// <summary>How a line of the access log is written.</summary>
public enum AccessLogFormat
{
    /// <summary>No access log. Requests that we answer with an error are in the process's log all the same.</summary>
    Off,

    /// <summary>ingress-nginx's default, <c>upstreaminfo</c>, which log pipelines know how to read; our reason and tries stand behind it.</summary>
    UpstreamInfo,

    /// <summary>One JSON object a line.</summary>
    Json,
}
