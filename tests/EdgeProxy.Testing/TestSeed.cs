using System.Globalization;

namespace EdgeProxy.Testing;

/// <summary>The seed of a random test run. EDGEPROXY_TEST_SEED repeats one; every case of a run has a generator of its own.</summary>
public readonly record struct TestSeed(int Value)
{
    private const string Variable = "EDGEPROXY_TEST_SEED";

    /// <summary>The seed that was given, or a new one.</summary>
    public static TestSeed Choose() =>
        new(Environment.GetEnvironmentVariable(Variable) is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next());

    /// <summary>The generator of one case.</summary>
    public Random Generator(int index) => new(unchecked((Value * 397) ^ index));

    /// <summary>What to print, so that the case can be repeated.</summary>
    public string Describe(int index) => $"{Variable}={Value} (case {index})";
}
