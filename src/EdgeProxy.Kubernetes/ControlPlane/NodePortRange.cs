using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EdgeProxy.Kubernetes.ControlPlane;

/// <summary>The ports that may be node ports, both ends included.</summary>
/// <param name="First">Lowest port.</param>
/// <param name="Last">Highest port.</param>
public readonly record struct NodePortRange(int First, int Last)
{
    /// <summary>Kubernetes' own default: 30000-32767.</summary>
    public static NodePortRange Default { get; } = new(30_000, 32_767);

    /// <summary>Number of ports.</summary>
    public int Size => Last - First + 1;

    /// <summary>Reads <c>30000-32767</c>.</summary>
    /// <exception cref="FormatException">The text is no port range; the message says why.</exception>
    public static NodePortRange Parse(string text) =>
        TryParse(text, out var range, out var error) ? range : throw new FormatException(error);

    /// <summary>Reads <c>30000-32767</c>, or says why it is no port range.</summary>
    public static bool TryParse(string text, out NodePortRange range, [NotNullWhen(false)] out string? error)
    {
        range = default;
        error = null;
        var parts = text.Split('-', StringSplitOptions.TrimEntries);
        if (parts.Length != 2 || !TryReadPort(parts[0], out var first) || !TryReadPort(parts[1], out var last) || first > last)
        {
            error = $"\"{text}\" is not a port range: write first-last between 1 and 65535, such as 30000-32767";
            return false;
        }

        range = new NodePortRange(first, last);
        return true;
    }

    /// <summary>True when the port is in the range.</summary>
    public bool Contains(int port) => port >= First && port <= Last;

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    private static bool TryReadPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535;
}
