using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeProxy.Kubernetes.Resources;

/// <summary>
/// One instance of strings that many objects have in common: names, namespaces, labels, addresses, <c>TCP</c>. Of 10,000 Services with
/// EndpointSlices two thirds of the text is repeated.
/// </summary>
/// <remarks>
/// A fixed table in which the last one to come has the place, so it never grows and needs no lock: a reference is written whole, and whoever
/// finds another string than the one wanted makes its own.
/// </remarks>
internal static class SharedStrings
{
    private const int LongestShared = 64;
    private const int Places = 4096;

    private static readonly string?[] Table = new string?[Places];

    /// <summary>A string equal to <paramref name="text"/>.</summary>
    public static string Of(string text) => text.Length > LongestShared ? text : Find(text, text);

    private static string Of(ReadOnlySpan<char> text) => Find(text, null);

    private static string Find(ReadOnlySpan<char> text, string? made)
    {
        ref var place = ref Table[string.GetHashCode(text, StringComparison.Ordinal) & (Places - 1)];
        var found = place;
        if (found is not null && text.SequenceEqual(found))
        {
            return found;
        }

        return place = made ?? text.ToString();
    }

    /// <summary>Reads strings, and the keys of maps, as shared ones.</summary>
    internal sealed class Converter : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

        public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

        public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

        private static string Read(ref Utf8JsonReader reader)
        {
            if (reader.HasValueSequence || reader.ValueSpan.Length > LongestShared)
            {
                return reader.GetString()!;
            }

            // No text has more characters than its escaped UTF-8 has bytes.
            Span<char> text = stackalloc char[LongestShared];
            return Of(text[..reader.CopyString(text)]);
        }
    }
}
