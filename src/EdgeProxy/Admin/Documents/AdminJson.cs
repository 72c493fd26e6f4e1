using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeProxy.Admin.Documents;

/// <summary>How the admin port's documents are written and read: camelCase, absent values left out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(ServicesDocument))]
[JsonSerializable(typeof(RoutesDocument))]
[JsonSerializable(typeof(CertificatesDocument))]
[JsonSerializable(typeof(ProblemsDocument))]
[JsonSerializable(typeof(TrafficListDocument))]
[JsonSerializable(typeof(DrainedDocument))]
[JsonSerializable(typeof(LogLevelDocument))]
internal sealed partial class AdminJson : JsonSerializerContext
{
    /// <summary>For people and their terminals: a line a member, no escapes that only HTML needs.</summary>
    public static AdminJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
