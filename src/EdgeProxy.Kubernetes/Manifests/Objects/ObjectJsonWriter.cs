using System.Buffers;
using System.Globalization;
using System.Text.Json;
using EdgeProxy.Kubernetes.Manifests.Syntax;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>
/// Turns an object's tree into the JSON its type reads, holding only fields the type has. Everything that does not fit the type is
/// reported with its field and place, so the deserializer behind it finds nothing left to object to.
/// </summary>
internal sealed class ObjectJsonWriter(ObjectReport report, ScalarWording wording, ArrayBufferWriter<byte> buffer)
{
    private readonly FieldPath _path = new();

    /// <summary>Writes the object's JSON to the buffer; false when errors were reported.</summary>
    public bool TryWrite(MappingNode root, Shape shape)
    {
        using (var json = new Utf8JsonWriter(buffer))
        {
            WriteObject(json, root, shape);
        }

        return !report.HasErrors;
    }

    private void WriteValue(Utf8JsonWriter json, ManifestNode node, Shape shape, TextPosition at)
    {
        switch (shape.Kind, node)
        {
            case (ShapeKind.Object, MappingNode mapping):
                WriteObject(json, mapping, shape);
                break;
            case (ShapeKind.Map, MappingNode mapping):
                WriteMap(json, mapping, shape.Element!);
                break;
            case (ShapeKind.List, SequenceNode sequence):
                WriteList(json, sequence, shape.Element!);
                break;
            case (not (ShapeKind.Object or ShapeKind.Map or ShapeKind.List), ScalarNode scalar):
                WriteScalar(json, scalar, shape.Kind, at);
                break;
            default:
                Refuse(json, at, wording.Invalid(node, shape.Kind));
                break;
        }
    }

    private void WriteObject(Utf8JsonWriter json, MappingNode mapping, Shape shape)
    {
        json.WriteStartObject();
        if (mapping.Duplicates.Count > 0)
        {
            ReportDuplicates(mapping, _path.Of);
        }

        foreach (var entry in mapping.Entries)
        {
            if (!shape.Fields.TryGetValue(entry.Key, out var field))
            {
                if (Misspellings.Explain(shape, entry.Key, _path) is { } explanation)
                {
                    report.Warning(entry.Position, _path.Of(entry.Key), explanation);
                }
            }
            else if (entry.Value is not ScalarNode { Type: ScalarType.Null })
            {
                var before = _path.EnterField(entry.Key);
                json.WritePropertyName(entry.Key);
                WriteValue(json, entry.Value, field, entry.Position);
                _path.Leave(before);
            }
        }

        json.WriteEndObject();
    }

    private void WriteMap(Utf8JsonWriter json, MappingNode mapping, Shape element)
    {
        json.WriteStartObject();
        if (mapping.Duplicates.Count > 0)
        {
            ReportDuplicates(mapping, key => $"{_path}[{key}]");
        }

        foreach (var entry in mapping.Entries)
        {
            var before = _path.EnterKey(entry.Key);
            json.WritePropertyName(WellFormed(entry.Key));
            WriteElement(json, entry.Value, element, entry.Position);
            _path.Leave(before);
        }

        json.WriteEndObject();
    }

    private void WriteList(Utf8JsonWriter json, SequenceNode sequence, Shape element)
    {
        json.WriteStartArray();
        for (var index = 0; index < sequence.Items.Count; index++)
        {
            var before = _path.EnterItem(index);
            WriteElement(json, sequence.Items[index], element, sequence.Items[index].Position);
            _path.Leave(before);
        }

        json.WriteEndArray();
    }

    // The API reads null inside a list or a map as the type's zero value; the rest of the code need not know null elements.
    private void WriteElement(Utf8JsonWriter json, ManifestNode node, Shape element, TextPosition at)
    {
        if (node is not ScalarNode { Type: ScalarType.Null })
        {
            WriteValue(json, node, element, at);
        }
        else if (element.Kind == ShapeKind.Object)
        {
            json.WriteStartObject();
            json.WriteEndObject();
        }
        else
        {
            json.WriteStringValue("");
        }
    }

    private void WriteScalar(Utf8JsonWriter json, ScalarNode scalar, ShapeKind kind, TextPosition at)
    {
        switch (kind, scalar.Type)
        {
            case (ShapeKind.String or ShapeKind.IntOrString, ScalarType.String):
                json.WriteStringValue(WellFormed(scalar.Value));
                return;
            case (ShapeKind.Integer or ShapeKind.IntOrString, ScalarType.Integer)
                when int.TryParse(scalar.Value, CultureInfo.InvariantCulture, out var number):
                json.WriteNumberValue(number);
                return;
            case (ShapeKind.Integer or ShapeKind.IntOrString, ScalarType.Integer):
                Refuse(json, at, wording.OutOfRange(scalar));
                return;
            case (ShapeKind.Boolean, ScalarType.Boolean):
                json.WriteBooleanValue(scalar.Value == "true");
                return;
            case (ShapeKind.Base64, ScalarType.String) when TryDecode(scalar.Value, out var bytes):
                json.WriteBase64StringValue(bytes);
                return;
            case (ShapeKind.Time, ScalarType.String) when TryTime(scalar.Value, out var time):
                json.WriteStringValue(time);
                return;
            default:
                Refuse(json, at, wording.Invalid(scalar, kind));
                return;
        }
    }

    // What is refused still needs a value, or the writer would throw on the next one; the JSON is thrown away.
    private void Refuse(Utf8JsonWriter json, TextPosition at, string message)
    {
        report.Error(at, _path.ToString(), message);
        json.WriteNullValue();
    }

    private void ReportDuplicates(MappingNode mapping, Func<string, string> pathOf)
    {
        foreach (var duplicate in mapping.Duplicates)
        {
            report.Warning(
                duplicate.Last,
                pathOf(duplicate.Key),
                $"duplicate key \"{duplicate.Key}\", already set in line {duplicate.First.Line}; the last one is used");
        }
    }

    // Go's decoder, which the API server uses, skips line breaks and refuses other white space.
    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = [];
        if (text.AsSpan().ContainsAny(' ', '\t'))
        {
            return false;
        }

        var buffer = new byte[(text.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(text, buffer, out var length))
        {
            return false;
        }

        bytes = buffer[..length];
        return true;
    }

    private static bool TryTime(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    // "\ud800" in double quotes is half a character; Go reads it as U+FFFD, the JSON writer would throw.
    private static string WellFormed(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0)
        {
            return text;
        }

        return System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
