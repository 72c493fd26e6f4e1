using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeProxy.Kubernetes.Resources;

/// <summary>metav1.MicroTime: RFC 3339 with exactly six digits behind the second, in which the API server is strict.</summary>
internal sealed class MicroTime : JsonConverter<DateTimeOffset?>
{
    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? null : reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
}
