using System.Globalization;

namespace EdgeProxy.Transport.Tests.Support;

/// <summary>Seeds of random tests: printed each time; EDGEPROXY_TEST_SEED repeats one.</summary>
internal static class Seeds
{
    public static Random Next(int salt)
    {
        var given = Environment.GetEnvironmentVariable("EDGEPROXY_TEST_SEED");
        var seed = given is null ? Random.Shared.Next() : int.Parse(given, CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper?.WriteLine($"EDGEPROXY_TEST_SEED={seed} (case {salt})");
        return new Random(HashCodeOf(seed, salt));
    }

    private static int HashCodeOf(int seed, int salt) => unchecked((seed * 397) ^ salt);
}
