using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeProxy.Kubernetes.Resources;

namespace EdgeProxy.Kubernetes.Api.Watching;

/// <summary>One line of a watch.</summary>
/// <param name="Type">ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.</param>
/// <param name="Object">The object; null for an ERROR.</param>
/// <param name="Error">What went wrong, for an ERROR.</param>
internal readonly record struct WatchEvent<T>(string Type, T? Object, StatusDocument? Error)
    where T : KubernetesObject
{
    /// <summary>Reads a line without its end.</summary>
    /// <exception cref="JsonException">It cannot be read. The text may quote the object: do not show it.</exception>
    public static WatchEvent<T> Read(in ReadOnlySequence<byte> line, JsonTypeInfo<T> type)
    {
        var reader = new Utf8JsonReader(line);
        string? eventType = null;
        var subject = default(Utf8JsonReader);
        var hasObject = false;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isObject = reader.ValueTextEquals("object"u8);
            reader.Read();
            if (isType)
            {
                eventType = reader.GetString();
            }
            else if (isObject)
            {
                // What it is depends on the type, which may stand behind it.
                subject = reader;
                hasObject = true;
            }

            reader.Skip();
        }

        if (eventType is null || !hasObject)
        {
            throw new JsonException();
        }

        return eventType == "ERROR"
            ? new WatchEvent<T>(eventType, null, JsonSerializer.Deserialize(ref subject, ApiJson.Default.StatusDocument))
            : new WatchEvent<T>(eventType, JsonSerializer.Deserialize(ref subject, type), null);
    }
}
