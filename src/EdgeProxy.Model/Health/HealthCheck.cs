namespace EdgeProxy.Model.Health;

/// <summary>How the endpoints of a Service are asked whether they serve. The words and defaults are HAProxy's where it has them.</summary>
public sealed record HealthCheck
{
    /// <summary>Path and query of a GET that must be answered with a status from 200 to 399; null: a connection that is accepted is enough.</summary>
    public string? HttpPath { get; init; }

    /// <summary>Time from the end of one check to the beginning of the next, give or take a tenth. 100 ms to 1 h; default 5 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time a check may take in all. 50 ms to 1 min; default 1 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Checks in a row that must pass before an endpoint gets connections again. 1 to 100; default 2.</summary>
    public int Rise { get; init; } = 2;

    /// <summary>Checks in a row that must fail before an endpoint gets none. 1 to 100; default 3.</summary>
    public int Fall { get; init; } = 3;
}
