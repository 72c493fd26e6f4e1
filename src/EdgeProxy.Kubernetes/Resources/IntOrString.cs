using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeProxy.Kubernetes.Resources;

/// <summary>A port given by number or by name (intstr.IntOrString).</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    /// <summary>A number.</summary>
    public IntOrString(int number) => Number = number;

    /// <summary>A name.</summary>
    public IntOrString(string name) => Text = name;

    /// <summary>The number; 0 when <see cref="Text"/> is set.</summary>
    public int Number { get; }

    /// <summary>The name, or null when it is a number.</summary>
    public string? Text { get; }

    /// <inheritdoc />
    public override string ToString() => Text ?? Number.ToString(CultureInfo.InvariantCulture);

    internal sealed class IntOrStringConverter : JsonConverter<IntOrString>
    {
        public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt32(out var number) => new IntOrString(number),
            JsonTokenType.String => new IntOrString(reader.GetString()!),
            _ => throw new JsonException("expected a number or a string"),
        };

        public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
        {
            if (value.Text is null)
            {
                writer.WriteNumberValue(value.Number);
                return;
            }

            writer.WriteStringValue(value.Text);
        }
    }
}
