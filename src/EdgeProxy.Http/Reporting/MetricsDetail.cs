namespace EdgeProxy.Http.Reporting;

/// <summary>Whether HTTP metrics have labels that grow with what is served.</summary>
public enum MetricsDetail
{
    /// <summary>None: the number of series does not depend on hosts and routes.</summary>
    None,

    /// <summary>The host of the rule.</summary>
    Host,

    /// <summary>Host and path of the rule.</summary>
    Route,
}
