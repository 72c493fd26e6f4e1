using System.Text.Json.Serialization;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Events;

/// <summary>events.k8s.io/v1 Event, the fields in use.</summary>
internal sealed class EventDocument
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public ObjectMeta? Metadata { get; set; }

    [JsonConverter(typeof(MicroTime))]
    public DateTimeOffset? EventTime { get; set; }

    public EventSeries? Series { get; set; }

    public string? ReportingController { get; set; }

    public string? ReportingInstance { get; set; }

    public string? Action { get; set; }

    public string? Reason { get; set; }

    public EventObject? Regarding { get; set; }

    public string? Note { get; set; }

    public string? Type { get; set; }
}

/// <summary>events.k8s.io/v1 EventSeries: said more than once.</summary>
internal sealed class EventSeries
{
    /// <summary>At least 2.</summary>
    public int Count { get; set; }

    [JsonConverter(typeof(MicroTime))]
    public DateTimeOffset? LastObservedTime { get; set; }
}

/// <summary>core/v1 ObjectReference.</summary>
internal sealed class EventObject
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public string? Namespace { get; set; }

    public string? Name { get; set; }

    public string? Uid { get; set; }
}

/// <summary>How Events are read and written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EventDocument))]
internal sealed partial class EventJson : JsonSerializerContext;
