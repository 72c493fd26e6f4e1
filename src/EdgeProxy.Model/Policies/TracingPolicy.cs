namespace EdgeProxy.Model.Policies;

/// <summary>Annotations enable-opentelemetry, opentelemetry-trust-incoming-span and opentelemetry-operation-name.</summary>
public sealed record TracingPolicy
{
    /// <summary>Whether requests have spans, if anything is traced at all; null: as everywhere.</summary>
    public bool? IsEnabled { get; init; }

    /// <summary>Whether a client's trace context is the parent; false begins a trace of our own. Null: as everywhere.</summary>
    public bool? TrustsIncoming { get; init; }

    /// <summary>Name of the server span; null: method and path of the rule.</summary>
    public RequestTemplate? OperationName { get; init; }
}
