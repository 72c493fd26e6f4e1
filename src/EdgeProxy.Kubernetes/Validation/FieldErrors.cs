using System.Globalization;

namespace EdgeProxy.Kubernetes.Validation;

/// <summary>Collects what is wrong with one object, worded as the API server's field errors (apimachinery <c>field.Error</c>).</summary>
internal sealed class FieldErrors
{
    private readonly List<FieldError> _errors = [];

    public IReadOnlyList<FieldError> All => _errors;

    public int Count => _errors.Count;

    public void Required(string field, string detail = "") =>
        Add(field, detail.Length == 0 ? "Required value" : $"Required value: {detail}");

    public void Forbidden(string field, string detail) => Add(field, $"Forbidden: {detail}");

    public void InternalError(string field, string detail) => Add(field, $"Internal error occurred: {detail}");

    public void Invalid(string field, string? value, string detail) => Add(field, $"Invalid value: {Quote(value)}: {detail}");

    public void Invalid(string field, int value, string detail) => Add(field, $"Invalid value: {Number(value)}: {detail}");

    public void Invalid(string field, IEnumerable<string> value, string detail) =>
        Add(field, $"Invalid value: []string{{{string.Join(", ", value.Select(Quote))}}}: {detail}");

    /// <summary>Every detail as an error of its own, as the API server lists them.</summary>
    public void Invalid(string field, string? value, IEnumerable<string> details)
    {
        foreach (var detail in details)
        {
            Invalid(field, value, detail);
        }
    }

    public void InvalidRaw(string field, string value, string detail) => Add(field, $"Invalid value: {value}: {detail}");

    public void Duplicate(string field, string value) => Add(field, $"Duplicate value: {Quote(value)}");

    public void Duplicate(string field, int value) => Add(field, $"Duplicate value: {Number(value)}");

    public void DuplicateRaw(string field, string value) => Add(field, $"Duplicate value: {value}");

    public void NotSupported(string field, string? value, params ReadOnlySpan<string> supported) =>
        Add(field, $"Unsupported value: {Quote(value)}: supported values: {string.Join(", ", supported.ToArray().Select(Quote))}");

    /// <summary>An error unless <paramref name="port"/> is 1–65535.</summary>
    public void PortNumber(string field, int port)
    {
        if (port is < 1 or > 65535)
        {
            Invalid(field, port, NameRules.PortNumberMessage);
        }
    }

    /// <summary>
    /// The items of a list with their paths. A null item is an error here: the API server would read it as an empty object, which
    /// is never what the writer of a stray dash meant.
    /// </summary>
    public IEnumerable<(string Path, T Item)> Each<T>(string field, IEnumerable<T>? items)
        where T : class
    {
        var index = 0;
        foreach (var item in items ?? [])
        {
            var path = $"{field}[{Number(index++)}]";
            if (item is null)
            {
                Required(path);
                continue;
            }

            yield return (path, item);
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Quote(string? text) =>
        $"\"{(text ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private void Add(string field, string message) => _errors.Add(new FieldError(field, message));
}
