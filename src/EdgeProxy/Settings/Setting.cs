namespace EdgeProxy.Settings;

/// <summary>
/// One thing a user can set: <c>--name</c> on the command line, <c>EDGEPROXY_NAME</c> in the environment, <c>"name"</c> in the configuration
/// file. Described once, here; help texts and parsing follow from it.
/// </summary>
/// <param name="Name">Lower case with dashes.</param>
/// <param name="ValueHint">What stands behind it in help texts.</param>
/// <param name="Help">One sentence, with the default.</param>
/// <param name="IsList">May be given several times, or as a JSON array.</param>
/// <param name="Apply">Parses and sets; returns what is wrong with the text, or null.</param>
internal sealed record Setting(string Name, string ValueHint, string Help, bool IsList, Func<ProxySettings, IReadOnlyList<string>, string?> Apply)
{
    /// <summary>True when one text may hold several values, divided by commas. Paths may have commas in them.</summary>
    public bool SplitsAtCommas { get; init; } = IsList;

    /// <summary>A change of it in the configuration file holds at once; of any other one after a restart.</summary>
    public bool IsLive { get; init; }

    /// <summary>The environment variable.</summary>
    public string EnvironmentVariable => "EDGEPROXY_" + Name.Replace('-', '_').ToUpperInvariant();
}
