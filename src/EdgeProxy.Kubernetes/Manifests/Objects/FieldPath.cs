using System.Globalization;
using System.Text;

namespace EdgeProxy.Kubernetes.Manifests.Objects;

/// <summary>The field being read, as the API writes paths: <c>spec.ports[0].port</c>, <c>metadata.labels[app]</c>.</summary>
internal sealed class FieldPath
{
    private readonly StringBuilder _text = new();

    /// <summary>Enters a field and returns what <see cref="Leave"/> needs.</summary>
    public int EnterField(string name)
    {
        var before = _text.Length;
        _text.Append(before == 0 ? "" : ".").Append(name);
        return before;
    }

    /// <summary>Enters a list item.</summary>
    public int EnterItem(int index)
    {
        var before = _text.Length;
        _text.Append('[').Append(index.ToString(CultureInfo.InvariantCulture)).Append(']');
        return before;
    }

    /// <summary>Enters a map's key.</summary>
    public int EnterKey(string key)
    {
        var before = _text.Length;
        _text.Append('[').Append(key).Append(']');
        return before;
    }

    /// <summary>Goes back to where the matching Enter was called.</summary>
    public void Leave(int before) => _text.Length = before;

    /// <summary>The path of a field of the current place, without entering it.</summary>
    public string Of(string name) => _text.Length == 0 ? name : $"{_text}.{name}";

    /// <inheritdoc />
    public override string ToString() => _text.ToString();
}
